import { CutoverError } from "../../engine/errors.js";
import type { Weights } from "../router.js";

const serverPattern = /^( {4}server (\S+) .*) weight (\d+)( disabled)?$/;

/**
 * The same configuration with other weights. Only the server lines change, so that a configuration which an older
 * version of this package wrote stays as it is.
 *
 * A slot without weight is `disabled`: at weight 0 alone HAProxy would still send it those who hold its cookie.
 * @param unsafeTo the only slot of the backend `unsafe`, where there is one; as it was by default
 */
export function withWeights(text: string, weights: Weights, unsafeTo?: string): string {
    let backend = "";
    const lines = text.split("\n").map((line) => {
        backend = sectionAt(line) ?? backend;
        const [whole, start, slot] = serverPattern.exec(line) ?? [];
        if (whole === undefined || slot === undefined || backend === "") return line;
        if (backend !== "unsafe") return `${start}${ending(weightOf(weights, slot))}`;
        return unsafeTo === undefined ? line : `${start}${ending(slot === unsafeTo ? 100 : 0)}`;
    });
    return lines.join("\n");
}

/** The weights that a configuration holds, by backend and slot. */
export function weightsIn(text: string): Record<string, Record<string, number>> {
    const found: Record<string, Record<string, number>> = {};
    let backend = "";
    for (const line of text.split("\n")) {
        backend = sectionAt(line) ?? backend;
        const [, , slot, weight, disabled] = serverPattern.exec(line) ?? [];
        if (slot === undefined || backend === "") continue;
        found[backend] = { ...found[backend], [slot]: disabled ? 0 : Number(weight) };
    }
    return found;
}

/** The backend that begins at a line; "" for any other section, undefined for a line within one. */
function sectionAt(line: string): string | undefined {
    if (!/^[a-z]/.test(line)) return undefined;
    return /^backend (\S+)$/.exec(line)?.[1] ?? "";
}

function weightOf(weights: Weights, slot: string): number {
    const weight = weights[slot] ?? 0;
    if (Number.isInteger(weight) && weight >= 0 && weight <= 100) return weight;
    throw new CutoverError(
        `the weight of ${slot} is ${weight}: it must be an integer from 0 to 100`,
    );
}

function ending(weight: number): string {
    return weight === 0 ? " weight 0 disabled" : ` weight ${weight}`;
}
