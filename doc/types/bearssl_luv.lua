---@meta bearssl.luv
-- TLS for luv's callbacks. The reference is doc/api.md.

local luv = {}

---@param context bearssl.Context
---@param handle any a connected uv_tcp_t or uv_pipe_t
---@param options? bearssl.WrapOptions
---@return bearssl.luv.Secure? secure
---@return string? message
---@return bearssl.Code? code
function luv.wrap(context, handle, options) end

---@class bearssl.luv.Secure
local Secure = {}

---@param callback? fun(problem?: string, code?: bearssl.Code)
---@return true?, string?, bearssl.Code?
function Secure:handshake(callback) end

---@param callback fun(problem?: string, bytes?: string, code?: bearssl.Code) no bytes and no problem: the peer's end
---@return true?, string?, bearssl.Code?
function Secure:read_start(callback) end

---@return true
function Secure:read_stop() end

---@param data string|string[]
---@param callback? fun(problem?: string, code?: bearssl.Code)
---@return true?, string?, bearssl.Code?
function Secure:write(data, callback) end

---@return integer
function Secure:get_write_queue_size() end

---@param callback? fun(problem?: string, code?: bearssl.Code)
---@return true?, string?, bearssl.Code?
function Secure:shutdown(callback) end

---@param callback? fun()
function Secure:close(callback) end

---@return boolean
function Secure:is_closing() end

---@return bearssl.Stream
function Secure:stream() end

return luv
