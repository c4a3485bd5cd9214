/** The variable that counts requests in the hold; `get var` reads it. */
export const heldVariable = "proc.cutover_held";

/** The key of the one entry in hold.map: "0" lets requests pass, else they wait until then (ms since 1970). */
export const holdKey = "until";

/**
 * The Lua action that makes a request wait.
 *
 * - One absolute deadline for the whole hold, compared with the wall clock: adding up sleeps came 3.4 s late for 30 s.
 * - It says `cutover_go` only when it saw the hold end. HAProxy breaks the wait when the client leaves, without a
 *   word to Lua, and goes on with the next rule: what has no `cutover_go` is refused there (see configuration.ts).
 * - Unknown holds: an entry that is gone or no number lets nothing pass.
 * - Its pauses grow with the number of waiting requests, to 50 ms: 2,000 of them leave one core idle.
 */
export function holdLua(folder: string): string {
    return `local holds = Map.new("${folder}/hold.map", Map._str)

core.register_action("cutover_hold", { "http-req" }, function(txn)
    while true do
        local value = holds:lookup("${holdKey}")
        if value == "0" then
            txn:set_var("txn.cutover_go", true)
            return
        end
        local left = (tonumber(value) or 0) - txn.f:date(0, "ms")
        if left <= 0 then
            return
        end
        local held = txn:get_var("${heldVariable}") or 0
        core.msleep(math.floor(math.max(1, math.min(left, 5 + held / 40, 50))))
    end
end)
`;
}
