import { describe, expect, test } from "vitest";
import { CutoverError } from "../../../provider/engine/errors.js";
import {
    parseMap,
    parseServersState,
    parseSessions,
    parseStat,
    parseVariable,
    splitReplies,
} from "../../../provider/traffic/haproxy/replies.js";
import { randomFrom, spoil } from "../spoil.js";

// As HAProxy 2.6.12 answered; columns that are not read are left out of `stat`.
const servers = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port
4 slots 1 blue 172.18.0.3 2 0 90 100 1 1 0 2 0 0 0 0 slot-blue 3000 - 0 0 - - 0
4 slots 2 green - 0 37 10 0 1 1 0 0 8 0 0 0 slot-green 3000 - 0 0 - - 0
`;
const stat = `# pxname,svname,qcur,qmax,scur,smax,slim,stot,status,last_chk,
public,FRONTEND,,,3,5,8192,12,OPEN,,
slots,blue,0,0,2,4,,11,no check,"a ""quoted"", text",
slots,BACKEND,1,0,3,4,1000,12,UP,,
`;
const sessions = `0x55cefe6dc430: proto=tcpv4 src=127.0.0.1:52528 fe=public be=slots srv=blue ts=00 epoch=0 age=1m5s calls=2 rate=1 cpu=0 lat=0 rq[f=4cc08000h,i=16240,an=8000h,rx=,wx=,ax=] rp[f=80000000h,i=0,an=00h,rx=,wx=,ax=] scf=[8,200h,fd=8] scb=[3,1h,fd=-1] exp=0s rc=1 c_exp=0s
0x55cefe7c8d10: proto=unix_stream src=unix:1 fe=GLOBAL be=<NONE> srv=<none> ts=00 epoch=0 age=0s calls=1 rate=0 cpu=0 lat=0 rq[f=c08000h,i=0,an=00h,rx=,wx=,ax=] rp[f=80008002h,i=0,an=00h,rx=,wx=,ax=] scf=[8,200h,fd=9] scb=[8,1h,fd=-1] exp= rc=0 c_exp=
`;

describe("replies", () => {
    test("show servers state", () => {
        expect(parseServersState(servers)).toEqual([
            {
                backend: "slots",
                server: "blue",
                address: "172.18.0.3",
                name: "slot-blue",
                port: 3000,
                weight: 90,
                disabled: false,
                unresolved: false,
            },
            {
                backend: "slots",
                server: "green",
                name: "slot-green",
                port: 3000,
                weight: 10,
                disabled: true,
                unresolved: true,
            },
        ]);
    });

    test("show stat", () => {
        expect(parseStat(stat)).toEqual([
            { proxy: "public", server: "FRONTEND", current: 3, queued: 0, total: 12 },
            { proxy: "slots", server: "blue", current: 2, queued: 0, total: 11 },
            { proxy: "slots", server: "BACKEND", current: 3, queued: 1, total: 12 },
        ]);
    });

    test("show sess: only what has a slot", () => {
        expect(parseSessions(sessions)).toEqual([
            { backend: "slots", server: "blue", from: "127.0.0.1:52528", seconds: 65 },
        ]);
        expect(parseSessions("")).toEqual([]);
    });

    test("show map and get var", () => {
        expect(parseMap("0x55da18019b00 until 1795252845034\n")).toEqual(
            new Map([["until", "1795252845034"]]),
        );
        expect(parseVariable("proc.cutover_held: type=sint value=<2000>\n")).toBe(2000);
    });

    test("several answers in one", () => {
        expect(splitReplies("1\n# a\nb\n\n# c\nd\n\ne: f\n", 3)).toEqual([
            "1\n# a\nb",
            "# c\nd",
            "e: f",
        ]);
        expect(() => splitReplies("a\n\nb\n", 3)).toThrow("2 answers to 3 commands");
    });

    test.each([
        ["show stat", () => parseStat("Unknown command.\n"), '"Unknown command.\\n"'],
        ["show stat", () => parseStat("# pxname,svname\na,b\n"), 'no scur in "a b"'],
        ["show stat", () => parseStat(stat.replace(",2,4,", ",-2,4,")), '"-2" is no count'],
        ["show servers state", () => parseServersState("2\n# be_id\n"), '"2\\n# be_id\\n"'],
        ["show servers state", () => parseServersState(""), '""'],
        ["show map", () => parseMap("Unknown map identifier.\n"), "Unknown map identifier."],
        ["get var", () => parseVariable("proc.x: undefined\n"), '"proc.x: undefined\\n"'],
        ["get var", () => parseVariable("proc.x: type=sint value=<-1>\n"), "value=<-1>"],
        ["show sess", () => parseSessions("Permission denied\n"), '"Permission denied"'],
        ["show sess", () => parseSessions("0x1: be=slots srv=blue age=?\n"), '"?" is no age'],
    ])("an unknown answer to %s is refused", (command, parse, seen) => {
        expect(parse).toThrow(`the router's answer to "${command}" cannot be read: `);
        expect(parse).toThrow(seen);
    });

    test("fuzzed: a spoilt answer is read as counts that can be, or refused", () => {
        const random = randomFrom(7);
        for (let round = 0; round < 3_000; round++) {
            const read = [
                () =>
                    parseServersState(spoil(servers, random)).map(({ port, weight }) => [
                        port,
                        weight,
                    ]),
                () =>
                    parseStat(spoil(stat, random)).map(({ current, queued }) => [current, queued]),
                () => parseSessions(spoil(sessions, random)).map(({ seconds }) => [seconds]),
                () => [[parseVariable(spoil("proc.x: type=sint value=<7>\n", random))]],
            ];
            for (const parse of read) {
                try {
                    for (const count of parse().flat()) {
                        expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
                    }
                } catch (error) {
                    expect(error).toBeInstanceOf(CutoverError);
                }
            }
        }
    });
});
