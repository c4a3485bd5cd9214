import { isIPv4, isIPv6 } from "node:net";
import { input, Refusal } from "../input-shape.js";
import type { ListenDeclaration } from "./declaration.js";

/**
 * Reads `8080`, `"127.0.0.1:8080"` or `"[::1]:8080"`; a port alone is open on every IPv4 address of
 * the host.
 */
export function readListen(value: unknown): ListenDeclaration | Refusal {
    if (typeof value === "number") return withPort("0.0.0.0", value);
    if (typeof value !== "string") return new Refusal("must be a port, or an address and a port");
    const [, bracketed, bare, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(value) ?? [];
    if (bracketed !== undefined && isIPv6(bracketed)) return withPort(bracketed, Number(port));
    if (bare !== undefined && isIPv4(bare)) return withPort(bare, Number(port));
    return new Refusal("is not an address and a port");
}

function withPort(address: string, port: number): ListenDeclaration | Refusal {
    if (!Number.isInteger(port)) return new Refusal("must be an integer");
    if (port < 1 || port > 65535) return new Refusal("is out of range");
    return { address, port };
}

export function listenLeaf() {
    const instead =
        'write a port from 1 to 65535, such as 8080, or an IP address and a port, such as "127.0.0.1:8080"';
    return input<ListenDeclaration>(instead, readListen);
}
