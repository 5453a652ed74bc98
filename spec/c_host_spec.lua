-- The TLS core for hosts in C: installed into a directory of its own, and used from there by programs that know nothing
-- of this checkout, nor of BearSSL's headers.
local certificates = require "spec.support.certificates"
local peer = require "spec.support.peer"
local port = require "spec.support.port"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local LUA = os.getenv("LUA") or "lua5.4"
local WARNINGS = "-Wall -Wextra -pedantic -Werror"

local prefix

-- make shares its objects with the spec of `make install`.
local function make(...)
   return shell.run("make -s BUILD=build/install " .. shell.join({ "PREFIX=" .. prefix, ... }))
end

local function pkg_config(words)
   local path = shell.quote(prefix .. "/lib/pkgconfig")
   return (shell.run(("PKG_CONFIG_PATH=%s pkg-config %s tlscore"):format(path, words)):gsub("%s+$", ""))
end

-- The files below a directory, without it
local function files(directory)
   local found = {}
   for name in shell.run("cd " .. shell.quote(directory) .. " && find . -type f | sort"):gmatch("%./([^\n]+)") do
      found[#found + 1] = name
   end
   return found
end

local function headers()
   return files(prefix .. "/include/tlscore")
end

-- build compiles and links a program as a host would.
local function build(compiler, source)
   local program = temporary.path()
   shell.run(("%s %s -O1 -o %s %s %s"):format(compiler, WARNINGS, shell.quote(program), shell.quote(source),
      pkg_config("--cflags --libs")))
   return program
end

setup(function()
   prefix = temporary.make_directory()
   make("install-lib")
end)

describe("the public headers #slow", function()
   -- compile checks each header on its own: all of it, and that it brings what it needs.
   local function compile(compiler, suffix)
      for _, header in ipairs(headers()) do
         if header ~= "base/error_table.h" then -- rows for error.h
            local path = temporary.write(("#include <%s>\ntypedef int something;\n"):format(header), suffix)
            local status, output = shell.try(("%s %s -fsyntax-only %s %s"):format(compiler, WARNINGS,
               pkg_config("--cflags"), shell.quote(path)))
            assert.equal(0, status, header .. ":\n" .. output)
         end
      end
   end

   it("are C99", function()
      compile("cc -std=c99", ".c")
   end)

   it("are C++, old and new", function()
      compile("c++ -std=c++98", ".cc")
      compile("c++ -std=c++20", ".cc")
   end)

   it("go together in one file", function()
      local lines = { "#include <tls.h>" }
      for _, header in ipairs(headers()) do
         if header ~= "base/error_table.h" then lines[#lines + 1] = ("#include <%s>"):format(header) end
      end
      lines[#lines + 1] = "int main() { return tls_reason_alert(TLS_OK) == 0; }\n"
      local source = table.concat(lines, "\n")
      build("cc", temporary.write(source, ".c"))
      build("c++", temporary.write(source, ".cc"))
   end)

   it("bring nothing of BearSSL's, and no header of the core's own", function()
      local path = temporary.write("#include <tls.h>\n", ".c")
      local brought = shell.run(("cc -M %s %s"):format(pkg_config("--cflags"), shell.quote(path)))
      assert.is_truthy(brought:find("tlscore/connection/connection.h", 1, true))
      for _, header in ipairs(headers()) do
         assert.is_falsy(header:find("internal", 1, true), header)
         path = temporary.write(("#include <%s>\n"):format(header), ".c")
         if header ~= "base/error_table.h" then
            brought = brought .. shell.run(("cc -M %s %s"):format(pkg_config("--cflags"), shell.quote(path)))
         end
      end
      assert.is_falsy(brought:find("bearssl.h", 1, true))
   end)
end)

describe("libtlscore.a", function()
   it("defines only names of its own", function()
      local count = 0
      for line in shell.run({ "nm", "-g", "--defined-only", prefix .. "/lib/libtlscore.a" }):gmatch("[^\n]+") do
         local name = line:match("^%x+ %a _?([%w_]+)$")
         if name then
            count = count + 1
            assert.is_truthy(name:find("^tls_") or name:find("^tls1[23]_"), name)
         end
      end
      assert.is_true(count > 500, "only " .. count .. " names")
   end)

   it("is used from C++", function()
      local program = build("c++", temporary.write([[
#include <cstdio>
#include <tls.h>
int main()
{
    tls_context_options options = tls_context_options();
    tls_connection_options of_one = tls_connection_options();
    tls_context *context;
    tls_connection *connection;

    if (tls_context_new(&context, &options) != TLS_OK)
        return 1;
    of_one.server_name = "a.example";
    if (tls_connection_new(&connection, context, &of_one) != TLS_OK)
        return 2;
    tls_connection_step(connection);
    std::printf("%s, %lu\n", tls_reason_code(TLS_REASON_UNKNOWN_CA),
        (unsigned long)(tls_connection_output(connection).length > 100));
    tls_connection_free(connection);
    tls_context_release(context);
    return 0;
}
]], ".cc"))
      assert.equal("unknown_ca, 1\n", shell.run({ program }))
   end)
end)

describe("examples/client.c", function()
   local client

   setup(function()
      client = build("cc", "examples/client.c")
   end)

   after_each(function()
      process.stop_all()
   end)

   local function fetch(...)
      local child = process.start({ client, ... }, { separate = true })
      return child:wait(30), child:output(), child:errors()
   end

   -- A page of more than a record, from our own server
   local function serve(version)
      local directory = temporary.make_directory()
      local page = ("<p>a line of a page</p>\n"):rep(4000)
      temporary.write(page, nil, directory .. "/index.html")
      local server = process.start({ LUA, "bin/bearssl", "serve", "--listen", "127.0.0.1:0", "--max", version,
         "--cert", certificates.ec.chainfile, "--key", certificates.ec.keyfile, directory })
      return server:wait_for("listening on 127%.0%.0%.1:(%d+)\n"), page
   end

   it("is short", function()
      local _, lines = temporary.read("examples/client.c"):gsub("\n", "")
      assert.is_true(lines < 80, lines .. " lines")
   end)

   it("fetches a page from a server of ours", function()
      for _, version in ipairs { "1.3", "1.2" } do
         local number, page = serve(version)
         local status, output, errors = fetch("localhost", number, certificates.ca.certfile)
         assert.equal("", errors)
         assert.equal(0, status)
         assert.is_truthy(output:find("^HTTP/1%.[01] 200 OK\r\n"), output:sub(1, 200))
         assert.equal(page, output:match("\r\n\r\n(.*)$"))
      end
   end)

   it("fetches a page from OpenSSL", function()
      for _, arguments in ipairs { { "-tls1_3" }, { "-tls1_2" } } do
         local server = peer.openssl_server { certificate = certificates.rsa, mode = "www", arguments = arguments }
         local status, output, errors = fetch("localhost", server.port, certificates.ca.certfile)
         assert.equal("", errors)
         assert.equal(0, status)
         assert.is_truthy(output:find("^HTTP/1.0 200 ok\r\n"), output:sub(1, 200))
         assert.is_truthy(output:find("New, TLSv" .. arguments[1]:sub(5):gsub("_", "."), 1, true), output)
         server:stop()
      end
   end)

   it("takes no page from whom it does not trust, nor from another", function()
      for name, text in pairs { untrusted = "no trusted certificate", selfsigned = "self-signed", expired = "expired",
         wronghost = "wrong.example" } do
         local server = peer.openssl_server { certificate = certificates[name], mode = "www" }
         local status, output, errors = fetch("localhost", server.port, certificates.ca.certfile)
         assert.equal(1, status)
         assert.equal("", output)
         assert.is_truthy(errors:find(text, 1, true), errors)
         server:stop()
      end
   end)

   it("says what is wrong", function()
      local function says(text, ...)
         local status, _, errors = fetch(...)
         assert.equal(1, status)
         assert.is_truthy(errors:find(text, 1, true), errors)
      end
      local number = port.free()
      says("usage")
      says("nobody listens", "localhost", number, certificates.ca.certfile)
      says("CA file", "localhost", number, "/nonexistent")
      says("CA file", "localhost", number, "/dev/null")
      says("CA file", "localhost", number, "examples/client.c")
   end)
end)

describe("make install-lib", function()
   it("stages below DESTDIR, and is undone by make uninstall-lib", function()
      local stage = temporary.make_directory()
      make("PREFIX=/opt/tls", "DESTDIR=" .. stage, "install-lib")
      assert.matches("\nincludedir=/opt/tls/include\n", temporary.read(stage .. "/opt/tls/lib/pkgconfig/tlscore.pc"))
      assert.same(#headers() + 2, #files(stage))
      make("PREFIX=/opt/tls", "DESTDIR=" .. stage, "uninstall-lib")
      assert.same({}, files(stage))
   end)
end)
