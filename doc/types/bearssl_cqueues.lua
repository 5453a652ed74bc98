---@meta bearssl.cqueues
-- TLS with the methods of cqueues' sockets, which answer as those do. The reference is doc/api.md.

local cqueues = {}

---@param context bearssl.Context
---@param socket any a socket of cqueues
---@param options? bearssl.WrapOptions
---@return bearssl.cqueues.Secure? secure
---@return string? message
---@return bearssl.Code? code
function cqueues.wrap(context, socket, options) end

---@alias bearssl.cqueues.What integer|"*l"|"*L"|"*a"|"*h"|"*H"

---@class bearssl.cqueues.Secure
local Secure = {}

---@param what bearssl.cqueues.What
---@param mode? string
---@param timeout? number
---@return string?, integer?
function Secure:xread(what, mode, timeout) end

---@param ... bearssl.cqueues.What
function Secure:read(...) end

---@param what? bearssl.cqueues.What
---@return fun(): string?, integer?
function Secure:lines(what) end

---@param what bearssl.cqueues.What
---@param mode? string
---@param timeout? number
---@return fun(): string?, integer?
function Secure:xlines(what, mode, timeout) end

---@param size integer
---@param timeout? number
---@return boolean, integer?
function Secure:fill(size, timeout) end

---@param bytes string
---@return true
function Secure:unget(bytes) end

---@param data string
---@param mode? string
---@param timeout? number
---@return bearssl.cqueues.Secure?, integer?
function Secure:xwrite(data, mode, timeout) end

---@param ... string|number
---@return bearssl.cqueues.Secure?, integer?
function Secure:write(...) end

---@param mode? string
---@param timeout? number
---@return boolean, integer?
function Secure:flush(mode, timeout) end

---@param how? "r"|"w"|"rw"
---@return boolean ok, integer? errno
function Secure:shutdown(how) end

function Secure:close() end

---@param which? "r"|"w"
function Secure:eof(which) end

---@return integer input
---@return integer output
function Secure:pending() end

---@param f? fun(socket: bearssl.cqueues.Secure, operation: string, errno: integer, level: integer): any
function Secure:onerror(f) end

---@param which? "r"|"w"
---@return integer?, integer?
function Secure:error(which) end

---@param which string
---@param errno integer?
function Secure:seterror(which, errno) end

---@param which? string
---@return integer?, integer?
function Secure:clearerr(which) end

---@return string? message
---@return bearssl.Code? code
function Secure:failure() end

---@param input? string
---@param output? string
---@return string, string
function Secure:setmode(input, output) end

---@param mode "no"|"line"|"full"
---@param size? number
---@return string, number
function Secure:setvbuf(mode, size) end

---@param length? integer
function Secure:setmaxline(length) end

---@param seconds? number
function Secure:settimeout(seconds) end

---@return integer?
function Secure:pollfd() end

---@return "r"|"w"
function Secure:events() end

---@return number?
function Secure:timeout() end

function Secure:peername() end

function Secure:localname() end

---@return bearssl.cqueues.Secure
function Secure:connect() end

---@param timeout? number
---@return bearssl.cqueues.Secure?, integer?
function Secure:starttls(timeout) end

---@return table
function Secure:checktls() end

---@return bearssl.Stream
function Secure:stream() end

return cqueues
