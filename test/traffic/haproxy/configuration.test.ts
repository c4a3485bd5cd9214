import { describe, expect, test } from "vitest";
import {
    configuration,
    type RouterSettings,
} from "../../../provider/traffic/haproxy/configuration.js";

const settings: RouterSettings = {
    listen: { port: 8080 },
    status: { port: 8404 },
    slots: {
        blue: { host: "slot-blue", port: 3000 },
        green: { host: "slot-green", port: 3000 },
    },
    weights: { blue: 100, green: 0 },
    failover: false,
};
const sectionOf = (text: string, head: string) =>
    text.split("\n\n").find((section) => section.startsWith(head));

describe("configuration", () => {
    test("for handover volumes: the whole text", () => {
        expect(
            configuration(settings),
        ).toBe(`# Written by pulumi-cutover: weights change by its commands, not here.
global
    stats socket /cutover/haproxy.sock mode 600 level admin
    stats timeout 1m
    lua-load /cutover/hold.lua
    nbthread 1
    maxconn 8192
    no strict-limits
    tune.bufsize 32768
    tune.lua.session-timeout 1h
    tune.lua.forced-yield 1000000000
    set-var proc.cutover_held int(0)

defaults
    mode http
    option abortonclose
    option clitcpka
    option srvtcpka
    option forwardfor
    http-reuse safe
    retries 3
    retry-on conn-failure
    timeout connect 2000ms
    timeout client 600000ms
    timeout server 600000ms
    timeout tunnel 3600000ms
    timeout http-request 30000ms
    timeout http-keep-alive 60000ms
    timeout queue 30000ms
    timeout client-fin 30000ms

resolvers docker
    nameserver engine 127.0.0.11:53
    accepted_payload_size 4096
    resolve_retries 2
    timeout resolve 200ms
    timeout retry 400ms
    hold valid 200ms
    hold obsolete 0s
    hold nx 200ms
    hold timeout 24h
    hold refused 24h
    hold other 24h

frontend public
    bind *:8080 backlog 4096
    acl cutover_waits var(txn.cutover_waits) -m bool
    acl cutover_go var(txn.cutover_go) -m bool
    http-request set-var(txn.cutover_waits) bool(true) unless { str(until),map_str(/cutover/hold.map,gone) -m str 0 }
    http-request set-var(proc.cutover_held) var(proc.cutover_held),add(1) if cutover_waits
    http-request lua.cutover_hold if cutover_waits
    http-request set-var(proc.cutover_held) var(proc.cutover_held),sub(1) if cutover_waits
    http-request return status 503 content-type text/plain string "Not served at the moment: try again.\\n" hdr Retry-After 1 if cutover_waits !cutover_go
    default_backend slots

frontend status
    bind *:8404
    http-request return status 200 content-type text/plain string "ok\\n"

backend slots
    balance roundrobin
    no option redispatch
    server blue slot-blue:3000 resolvers docker resolve-prefer ipv4 init-addr none weight 100
    server green slot-green:3000 resolvers docker resolve-prefer ipv4 init-addr none weight 0 disabled
`);
    });

    test("literal addresses need no name server", () => {
        const text = configuration({
            ...settings,
            slots: {
                blue: { host: "127.0.0.1", port: 81 },
                green: { host: "::1", port: 82 },
            },
        });
        expect(sectionOf(text, "resolvers")).toBeUndefined();
        expect(text).toContain("    server blue 127.0.0.1:81 weight 100\n");
        expect(text).toContain("    server green [::1]:82 weight 0 disabled\n");
    });

    test("sticky: a cookie of the name given, and failover where it is allowed", () => {
        const text = configuration({ ...settings, sticky: { cookie: "shop" }, failover: true });
        expect(sectionOf(text, "backend slots")?.trimEnd()).toBe(
            `backend slots
    balance roundrobin
    option redispatch 1
    cookie shop insert indirect nocache httponly
    server blue slot-blue:3000 resolvers docker resolve-prefer ipv4 init-addr none cookie blue weight 100
    server green slot-green:3000 resolvers docker resolve-prefer ipv4 init-addr none cookie green weight 0 disabled
`.trimEnd(),
        );
    });

    test("safe methods only: a backend without failover for the rest, upgrades included", () => {
        const weights = { blue: 90, green: 10 };
        const text = configuration({ ...settings, weights, failover: true, unsafeTo: "blue" });
        expect(sectionOf(text, "frontend public")).toContain(`
    acl safe_method method GET HEAD OPTIONS
    acl upgrade req.hdr(Upgrade) -m found
    use_backend unsafe unless safe_method !upgrade
    default_backend slots`);
        expect(sectionOf(text, "backend unsafe")?.trimEnd()).toBe(`backend unsafe
    balance roundrobin
    no option redispatch
    server blue slot-blue:3000 resolvers docker resolve-prefer ipv4 init-addr none weight 100
    server green slot-green:3000 resolvers docker resolve-prefer ipv4 init-addr none weight 0 disabled`);
        expect(sectionOf(text, "backend slots")).toContain("none weight 90\n");
        expect(sectionOf(text, "backend slots")).toContain("none weight 10");
    });

    test("time-outs, connections and the folder are as given", () => {
        const text = configuration({
            ...settings,
            folder: "/elsewhere",
            maxConnections: 100,
            timeouts: { idle: "5 seconds", tunnel: "2 hours", connect: "100 milliseconds" },
        });
        for (const line of [
            "stats socket /elsewhere/haproxy.sock mode 600 level admin",
            "lua-load /elsewhere/hold.lua",
            "maxconn 100",
            "timeout client 5000ms",
            "timeout server 5000ms",
            "timeout tunnel 7200000ms",
            "timeout connect 100ms",
            "{ str(until),map_str(/elsewhere/hold.map,gone) -m str 0 }",
        ]) {
            expect(text).toContain(line);
        }
    });

    test.each([
        ["slot", { slots: { "a b": { host: "x", port: 1 } } }, 'the slot "a b" is no name'],
        [
            "host",
            { slots: { a: { host: "x\n  y", port: 1 } } },
            'the host "x\\n  y" of a is no name',
        ],
        ["cookie", { sticky: { cookie: "a; b" } }, 'the cookie "a; b" is no name'],
        ["port", { listen: { port: 0 } }, "the port 0 is none"],
        ["folder", { folder: '/a"b' }, 'the folder "/a\\"b" is no plain path'],
        ["listen", { listen: { address: "::", port: 1 } }, 'the address "::" is no IPv4 address'],
    ])("a %s that would break out of its line is refused", (_, more, message) => {
        expect(() => configuration({ ...settings, ...more } as RouterSettings)).toThrow(message);
    });
});
