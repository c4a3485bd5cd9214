import { isIP } from "node:net";
import { CutoverError } from "../../engine/errors.js";
import { type Duration, toMilliseconds } from "../../engine/units.js";
import type { Weights } from "../router.js";
import { heldVariable, holdKey } from "./hold-lua.js";
import { withWeights } from "./server-lines.js";

/** Where one slot takes requests. */
export interface SlotAddress {
    /** A name that Docker resolves in one of the router's networks, such as `slot-blue`, or an IP address. */
    host: string;
    port: number;
}

/** Everything the configuration of a router is made from. */
export interface RouterSettings {
    /** Where it takes requests, inside its container: `{ port: 8080 }`. IPv4; address `*` by default. */
    listen: { address?: string; port: number };
    /** Answers 200 to anything, also under a hold: for probes. Address `*` by default. */
    status: { address?: string; port: number };
    slots: Readonly<Record<string, SlotAddress>>;
    weights: Weights;
    /**
     * True lets a request that could not be connected go to the other slot: for `clone`, `shared` and no volumes.
     * Never with `handover` volumes.
     */
    failover: boolean;
    /** Keeps a client on its slot by a cookie of this name, for as long as the slot has weight. */
    sticky?: { cookie: string };
    /** Only this slot takes anything but GET, HEAD and OPTIONS without an upgrade (`safeMethodsOnly`). */
    unsafeTo?: string;
    /** Where the router sees its control folder. @default "/cutover" */
    folder?: string;
    /** Open connections of clients; more wait in the kernel. @default 8192 */
    maxConnections?: number;
    timeouts?: RouterTimeouts;
}

export interface RouterTimeouts {
    /** How long a slot may take to accept a connection; tried three times more. @default "2 seconds" */
    connect?: Duration;
    /** How long a request or an answer may stand still. @default "10 minutes" */
    idle?: Duration;
    /** How long an upgraded connection (WebSocket) may stand still. @default "1 hour" */
    tunnel?: Duration;
    /** How long a client may take for the headers of a request. @default "30 seconds" */
    headers?: Duration;
    /** How long a client's connection stays open between requests. @default "1 minute" */
    keepAlive?: Duration;
}

/** The slots' backend; its servers carry the weights. */
export const slotsBackend = "slots";
/** The backend for unsafe methods, when only one slot takes them. */
export const unsafeBackend = "unsafe";

/**
 * The text of haproxy.cfg. For HAProxy 2.6 to 3.0, run as `haproxy -db -f /cutover/haproxy.cfg`: no master, since
 * nothing is ever reloaded (a reload under a hold let requests through: samples/haproxy-hold).
 */
export function configuration(settings: RouterSettings): string {
    refuseBrokenNames(settings);
    const sections = [
        ...globalSection(settings),
        ...defaultsSection(settings),
        ...resolversSection(settings),
        ...publicSection(settings),
        ...statusSection(settings),
        ...backendSection(settings, slotsBackend, settings.failover),
        ...(settings.unsafeTo ? backendSection(settings, unsafeBackend, false) : []),
    ];
    return withWeights(`${sections.join("\n").trimEnd()}\n`, settings.weights, settings.unsafeTo);
}

/** Nothing that was given may end its line or its word, or HAProxy would read it as something else. */
function refuseBrokenNames(settings: RouterSettings): void {
    const { listen, status, slots, sticky } = settings;
    const refuse = (what: string) => {
        throw new CutoverError(`the router's configuration cannot be written: the ${what}`);
    };
    const name = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
    for (const { port, address } of [listen, status]) {
        if (!isPort(port)) refuse(`port ${port} is none`);
        if (address === undefined || address === "*" || isIP(address) === 4) continue;
        // The hold looks for its clients in the kernel's list of IPv4 connections.
        refuse(`address ${JSON.stringify(address)} is no IPv4 address`);
    }
    for (const [slot, { host, port }] of Object.entries(slots)) {
        if (!name.test(slot)) refuse(`slot ${JSON.stringify(slot)} is no name`);
        if (!name.test(host) && isIP(host) === 0) {
            refuse(`host ${JSON.stringify(host)} of ${slot} is no name`);
        }
        if (!isPort(port)) refuse(`port ${port} is none`);
    }
    if (sticky && !name.test(sticky.cookie)) {
        refuse(`cookie ${JSON.stringify(sticky.cookie)} is no name`);
    }
    const folder = folderOf(settings);
    if (!/^\/[A-Za-z0-9_./-]*$/.test(folder)) {
        refuse(`folder ${JSON.stringify(folder)} is no plain path`);
    }
}

const isPort = (port: number) => Number.isInteger(port) && port > 0 && port < 65_536;

const folderOf = (settings: RouterSettings) => settings.folder ?? "/cutover";

/** One thread: the round-robin is exact only within a thread group, and rules run without others between them. */
function globalSection(settings: RouterSettings): string[] {
    return [
        "# Written by pulumi-cutover: weights change by its commands, not here.",
        "global",
        `    stats socket ${folderOf(settings)}/haproxy.sock mode 600 level admin`,
        "    stats timeout 1m",
        `    lua-load ${folderOf(settings)}/hold.lua`,
        "    nbthread 1",
        `    maxconn ${settings.maxConnections ?? 8192}`,
        "    no strict-limits",
        "    tune.bufsize 32768",
        "    tune.lua.session-timeout 1h",
        // A look at the kernel's list must not be cut in two: others would see half of it.
        "    tune.lua.forced-yield 1000000000",
        `    set-var ${heldVariable} int(0)`,
        "",
    ];
}

/** `abortonclose`: a waiting request whose client leaves stops waiting at once; the fence then refuses it. */
function defaultsSection({ timeouts = {} }: RouterSettings): string[] {
    const idle = timeouts.idle ?? "10 minutes";
    const times: [string, Duration][] = [
        ["connect", timeouts.connect ?? "2 seconds"],
        ["client", idle],
        ["server", idle],
        ["tunnel", timeouts.tunnel ?? "1 hour"],
        ["http-request", timeouts.headers ?? "30 seconds"],
        ["http-keep-alive", timeouts.keepAlive ?? "1 minute"],
        ["queue", "30 seconds"],
        ["client-fin", "30 seconds"],
    ];
    return [
        "defaults",
        "    mode http",
        "    option abortonclose",
        "    option clitcpka",
        "    option srvtcpka",
        "    option forwardfor",
        "    http-reuse safe",
        "    retries 3",
        "    retry-on conn-failure",
        ...times.map(([name, value]) => `    timeout ${name} ${toMilliseconds(value)}ms`),
        "",
    ];
}

/**
 * Docker's own name server. A name that is gone (a stopped container) takes the slot out within a second, and a new
 * address is found as fast; a name server that does not answer (the engine restarts) changes nothing.
 */
function resolversSection({ slots }: RouterSettings): string[] {
    if (Object.values(slots).every(({ host }) => isIP(host) !== 0)) return [];
    return [
        "resolvers docker",
        "    nameserver engine 127.0.0.11:53",
        "    accepted_payload_size 4096",
        "    resolve_retries 2",
        "    timeout resolve 200ms",
        "    timeout retry 400ms",
        "    hold valid 200ms",
        "    hold obsolete 0s",
        "    hold nx 200ms",
        "    hold timeout 24h",
        "    hold refused 24h",
        "    hold other 24h",
        "",
    ];
}

/**
 * The hold and its fence. What waited goes on only when Lua saw the hold end: neither at the deadline, nor when the
 * client left. The count around the wait is exact, since HAProxy goes on with the next rule however the wait ends.
 */
function publicSection(settings: RouterSettings): string[] {
    const { listen, unsafeTo } = settings;
    const notHeld = `{ str(${holdKey}),map_str(${folderOf(settings)}/hold.map,gone) -m str 0 }`;
    return [
        "frontend public",
        `    bind ${listen.address ?? "*"}:${listen.port} backlog 4096`,
        "    acl cutover_waits var(txn.cutover_waits) -m bool",
        "    acl cutover_go var(txn.cutover_go) -m bool",
        `    http-request set-var(txn.cutover_waits) bool(true) unless ${notHeld}`,
        `    http-request set-var(${heldVariable}) var(${heldVariable}),add(1) if cutover_waits`,
        "    http-request lua.cutover_hold if cutover_waits",
        `    http-request set-var(${heldVariable}) var(${heldVariable}),sub(1) if cutover_waits`,
        "    http-request return status 503 content-type text/plain" +
            ' string "Not served at the moment: try again.\\n" hdr Retry-After 1 if cutover_waits !cutover_go',
        ...(unsafeTo
            ? [
                  "    acl safe_method method GET HEAD OPTIONS",
                  "    acl upgrade req.hdr(Upgrade) -m found",
                  `    use_backend ${unsafeBackend} unless safe_method !upgrade`,
              ]
            : []),
        `    default_backend ${slotsBackend}`,
        "",
    ];
}

function statusSection({ status }: RouterSettings): string[] {
    return [
        "frontend status",
        `    bind ${status.address ?? "*"}:${status.port}`,
        '    http-request return status 200 content-type text/plain string "ok\\n"',
        "",
    ];
}

function backendSection(settings: RouterSettings, name: string, failover: boolean): string[] {
    const { slots, sticky } = settings;
    return [
        `backend ${name}`,
        "    balance roundrobin",
        failover ? "    option redispatch 1" : "    no option redispatch",
        ...(sticky ? [`    cookie ${sticky.cookie} insert indirect nocache httponly`] : []),
        ...Object.entries(slots).map(([slot, address]) =>
            serverLine(slot, address, sticky !== undefined),
        ),
        "",
    ];
}

function serverLine(slot: string, { host, port }: SlotAddress, sticky: boolean): string {
    const at = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    const named = isIP(host) === 0 ? " resolvers docker resolve-prefer ipv4 init-addr none" : "";
    return `    server ${slot} ${at}${named}${sticky ? ` cookie ${slot}` : ""} weight 0`;
}
