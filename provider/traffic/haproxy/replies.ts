import { CutoverError } from "../../engine/errors.js";

/** One row of `show stat`. */
export interface StatRow {
    proxy: string;
    /** The server's name, or `BACKEND` or `FRONTEND`. */
    server: string;
    /** Open requests. */
    current: number;
    /** Of them, waiting for a server. */
    queued: number;
    /** Requests so far. */
    total: number;
}

/** One row of `show servers state`. */
export interface ServerRow {
    backend: string;
    server: string;
    /** IP address; absent while none is known. */
    address?: string;
    port: number;
    /** Weight as given, also while it is in maintenance. */
    weight: number;
    /** Put into maintenance by a command or by the configuration. */
    disabled: boolean;
    /** The name that it resolves, where it has one. */
    name?: string;
    /** No address: its name does not resolve. */
    unresolved: boolean;
}

/** One row of `show sess`: a request in flight, or an upgraded connection. */
export interface SessionRow {
    backend: string;
    server: string;
    /** Address of the client's end, as the router sees it. */
    from: string;
    /** Since it came, in whole seconds. */
    seconds: number;
}

/** Answers to several commands in one line (`a; b; c`), none of them empty: an empty line parts them. */
export function splitReplies(text: string, count: number): string[] {
    const replies = text.trim().split(/\n\n+/);
    if (replies.length !== count)
        refuse("several commands", `${replies.length} answers to ${count} commands`);
    return replies;
}

export function parseStat(text: string): StatRow[] {
    const [head, ...lines] = text.split("\n").filter((line) => line !== "");
    if (!head?.startsWith("# ")) refuse("show stat", firstOf(text));
    const columns = head.slice(2).split(",");
    return lines.map((line) => {
        const field = fieldsOf("show stat", columns, splitCsv(line));
        return {
            proxy: field("pxname"),
            server: field("svname"),
            current: count("show stat", field("scur")),
            queued: field("qcur") === "" ? 0 : count("show stat", field("qcur")),
            total: count("show stat", field("stot")),
        };
    });
}

// srv_admin_state, as HAProxy's management guide lists it: forced, inherited, by configuration; 0x20 is "no address".
const disabledBits = 0x01 | 0x02;
const unresolvedBit = 0x20;

export function parseServersState(text: string): ServerRow[] {
    const [version, head, ...lines] = text.split("\n").filter((line) => line !== "");
    if (version !== "1" || !head?.startsWith("# ")) refuse("show servers state", firstOf(text));
    const columns = head.slice(2).split(" ");
    return lines.map((line) => {
        const field = fieldsOf("show servers state", columns, line.split(" "));
        const admin = count("show servers state", field("srv_admin_state"));
        const address = field("srv_addr");
        const name = field("srv_fqdn");
        return {
            backend: field("be_name"),
            server: field("srv_name"),
            ...(address === "-" || address === "0.0.0.0" || address === "::" ? {} : { address }),
            ...(name === "-" ? {} : { name }),
            port: count("show servers state", field("srv_port")),
            weight: count("show servers state", field("srv_uweight")),
            disabled: (admin & disabledBits) !== 0,
            unresolved: (admin & unresolvedBit) !== 0,
        };
    });
}

/** Entries of `show map`. */
export function parseMap(text: string): Map<string, string> {
    const entries = new Map<string, string>();
    for (const line of text.split("\n")) {
        if (line === "") continue;
        const [, key, value] = /^0x[0-9a-f]+ (\S+) (.*)$/.exec(line) ?? [];
        if (key === undefined || value === undefined) refuse("show map", line);
        entries.set(key, value);
    }
    return entries;
}

/** An integer of `get var`. */
export function parseVariable(text: string): number {
    const [, value] = /^\S+: type=sint value=<(\d+)>$/.exec(text.trim()) ?? [];
    if (value === undefined) refuse("get var", firstOf(text));
    return count("get var", value);
}

/** Streams of clients; those of the socket itself and those in the hold have no backend. */
export function parseSessions(text: string): SessionRow[] {
    const rows: SessionRow[] = [];
    for (const line of text.split("\n")) {
        if (line === "") continue;
        if (!/^0x[0-9a-f]+: \S+=/.test(line)) refuse("show sess", firstOf(line));
        const field = (name: string) => new RegExp(` ${name}=(\\S*)`).exec(line)?.[1];
        const [backend, server, age] = [field("be"), field("srv"), field("age")];
        if (backend === undefined || server === undefined || age === undefined) {
            refuse("show sess", firstOf(line));
        }
        const none = backend === "<NONE>" || server === "<none>";
        if (!none) rows.push({ backend, server, from: field("src") ?? "", seconds: ageOf(age) });
    }
    return rows;
}

/** "5s", "1m30s", "2h3m", "1d2h". */
function ageOf(text: string): number {
    if (!/^(\d{1,9}[dhms]){1,4}$/.test(text)) refuse("show sess", `"${text}" is no age`);
    const units: Record<string, number> = { d: 86_400, h: 3_600, m: 60, s: 1 };
    return [...text.matchAll(/(\d+)([dhms])/g)].reduce(
        (sum, [, amount, unit]) =>
            sum + count("show sess", amount ?? "") * (units[unit ?? ""] ?? 0),
        0,
    );
}

function fieldsOf(command: string, columns: string[], values: string[]): (name: string) => string {
    return (name) => {
        const value = values[columns.indexOf(name)];
        if (value === undefined)
            refuse(command, `no ${name} in "${values.join(" ").slice(0, 80)}"`);
        return value;
    };
}

function count(command: string, text: string): number {
    if (!/^\d{1,15}$/.test(text)) refuse(command, `"${text}" is no count`);
    return Number(text);
}

/** Fields may be quoted, with quotes doubled. */
function splitCsv(line: string): string[] {
    const fields: string[] = [];
    for (const [, quoted, plain] of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
        fields.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    }
    return fields;
}

function firstOf(text: string): string {
    return JSON.stringify(text.slice(0, 80));
}

function refuse(command: string, seen: string): never {
    throw new CutoverError(`the router's answer to "${command}" cannot be read: ${seen}`, {
        next: "see whether the router is HAProxy 2.6 to 3.0",
    });
}
