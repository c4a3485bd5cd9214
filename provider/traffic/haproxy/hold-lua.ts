/** The variable that counts requests in the hold; `get var` reads it. */
export const heldVariable = "proc.cutover_held";

/** The key of the one entry in hold.map: "0" lets requests pass, else they wait until then (ms since 1970). */
export const holdKey = "until";

/**
 * The Lua action that makes a request wait.
 *
 * - One absolute deadline for the whole hold, compared with the wall clock: adding up sleeps came 3.4 s late for 30 s.
 * - It says `cutover_go` only when it saw the hold end and the client still there; what has no `cutover_go` is refused
 *   by the next rule (configuration.ts). HAProxy 2.6 breaks the wait when the client leaves, without a word to Lua.
 *   HAProxy 3.0 does not notice: it reads nothing from a client whose request is whole and not yet connected; nor does
 *   either of them notice while a body waits in the kernel. So Lua asks the kernel: a client that left is not in state
 *   01 (ESTABLISHED) any more, whatever is still unread.
 * - Unknown holds: an entry that is gone or no number lets nothing pass, nor does a list that cannot be read.
 * - Its pauses grow with the number of waiting requests, to 50 ms: 2,000 of them leave most of a core idle. So does the
 *   time between two looks at the kernel's list, with what a look costs.
 */
export function holdLua(folder: string): string {
    return `local holds = Map.new("${folder}/hold.map", Map._str)

local open = {}        -- by "ADDRESS:PORT local port": true
local looked = 0       -- when, in milliseconds
local rest = 500       -- until the next look under a hold, in milliseconds
local released = true  -- whether the last look was after the hold's end

local function look(now)
    local start = os.clock()
    open, looked = {}, now
    -- Twice: while connections come and go, the kernel may leave a line out.
    for _ = 1, 2 do
        local file = io.open("/proc/net/tcp", "r")
        if not file then
            return
        end
        local list = file:read("a")
        file:close()
        for port, remote in list:gmatch(":(%x+) (%x+:%x+) 01 ") do
            open[remote .. " " .. port] = true
        end
    end
    rest = math.max(500, (os.clock() - start) * 20000)
end

local function name(txn)
    local a, b, c, d = tostring(txn.f:src()):match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
    if not a then
        return "unknown"
    end
    return string.format("%02X%02X%02X%02X:%04X %04X", d, c, b, a, txn.f:src_port(), txn.f:dst_port())
end

core.register_action("cutover_hold", { "http-req" }, function(txn)
    local client = name(txn)
    local arrived = txn.f:date(0, "ms")
    while true do
        local value = holds:lookup("${holdKey}")
        local now = txn.f:date(0, "ms")
        if value == "0" then
            if not released or now - looked > 20 then
                look(now)
                released = true
            end
            if open[client] then
                txn:set_var("txn.cutover_go", true)
            end
            return
        end
        released = false
        local left = (tonumber(value) or 0) - now
        if left <= 0 then
            return
        end
        if now - looked > rest then
            look(now)
        end
        -- A look before it arrived knows nothing of it.
        if looked > arrived and not open[client] then
            return
        end
        local held = txn:get_var("${heldVariable}") or 0
        core.msleep(math.floor(math.max(1, math.min(left, 5 + held / 40, 50))))
    end
end)
`;
}
