import { createHash, scryptSync } from "node:crypto";
import { propertyPath } from "../handlers/property-path.js";

/**
 * Digest of a container's resolved arguments, for its label: 32 hexadecimal digits.
 *
 * It is slow on purpose (scrypt, some 50 ms): arguments hold passwords, anybody who may list
 * containers reads labels, and a fast hash would let a password be guessed. The same arguments are
 * worked out once per process.
 *
 * The order of properties does not matter, and neither does whether one is undefined, null or left
 * out. The order in lists does.
 *
 * @param salt Different for each environment, so that equal passwords do not show as equal.
 * @throws TypeError for what has no fixed text: an asset, a resource, a function, a number that is
 * not finite. It names the property, never the value.
 */
export function specDigest(args: unknown, salt: string): string {
    const text = canonicalText(args, []);
    // the texts themselves, passwords included, are not kept
    const key = createHash("sha256")
        .update(JSON.stringify([salt, text]))
        .digest("base64");
    const before = known.get(key);
    if (before !== undefined) return before;
    const digest = scryptSync(text, salt, 16, { N: 2 ** 14, r: 8, p: 1 }).toString("hex");
    known.set(key, digest);
    return digest;
}

const known = new Map<string, string>();

/** JSON with sorted keys, without what is undefined or null. */
function canonicalText(value: unknown, path: readonly PropertyKey[]): string {
    if (value === null || value === undefined) return "null";
    if (typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
    if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
    if (Array.isArray(value)) {
        return `[${value.map((item, index) => canonicalText(item, [...path, index])).join(",")}]`;
    }
    if (!isPlain(value)) throw noFixedText(value, path);
    const members = Object.keys(value)
        .filter((name) => value[name] !== null && value[name] !== undefined)
        .sort()
        .map((name) => `${JSON.stringify(name)}:${canonicalText(value[name], [...path, name])}`);
    return `{${members.join(",")}}`;
}

/** Made by `{}`: instances of classes, assets among them, hold promises and more. */
function isPlain(value: unknown): value is Record<string, unknown> {
    if (typeof value !== "object" || value === null) return false;
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || prototype === Object.prototype;
}

function noFixedText(value: unknown, path: readonly PropertyKey[]): TypeError {
    const where = propertyPath(path);
    const what = describe(value);
    return new TypeError(
        `${where ? `${where}: ` : ""}is ${what}; write texts, numbers, true, false, lists and objects of these`,
    );
}

function describe(value: unknown): string {
    if (typeof value === "number") return "a number that is not finite";
    if (typeof value === "object" && value !== null && "__pulumiAsset" in value) return "an asset";
    if (typeof value === "object" && value !== null && "__pulumiResource" in value) {
        return "a resource";
    }
    return typeof value === "object" ? "an instance of a class" : `a ${typeof value}`;
}
