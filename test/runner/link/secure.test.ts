import { mkdtempSync, rmSync, statSync } from "node:fs";
import { type AddressInfo, connect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
    callSecurely,
    type Identity,
    listenSecurely,
    makeIdentity,
    readIdentity,
} from "../../../provider/runner/link/secure.js";
import { addressesOf } from "../../../provider/runner/link/start-apart.js";

const folders: string[] = [];
let [one, other, stranger]: Identity[] = [];
beforeAll(async () => {
    [one, other, stranger] = await Promise.all([identity(), identity(), identity()]);
});
afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
});

async function identity(): Promise<Identity> {
    const folder = mkdtempSync(join(tmpdir(), "cutover-keys-"));
    folders.push(folder);
    const certificate = await makeIdentity(folder);
    const found = readIdentity(folder);
    expect(found.certificate).toBe(certificate);
    expect(statSync(join(folder, "key.pem")).mode & 0o777).toBe(0o600);
    return found;
}

/** Whether a word gets from the caller, who is `as` and expects `expected`, to a server of `one` that lets `other` in. */
async function speaks(as: Identity, expected: Identity): Promise<string> {
    let server: Server | undefined;
    const heard = new Promise<string>((resolve) => {
        const accept = (socket: import("node:net").Socket) =>
            socket.once("data", (text) => resolve(String(text)));
        void listenSecurely(0, one as Identity, (other as Identity).certificate, accept).then(
            (listening) => {
                server = listening;
                const { port } = listening.address() as AddressInfo;
                const raw = connect(port, "127.0.0.1");
                raw.on("error", () => {});
                callSecurely(raw, as, expected.certificate).then(
                    (socket) => {
                        socket.once("close", () => resolve("closed"));
                        socket.write("words");
                    },
                    (error: Error) => resolve(error.message),
                );
            },
        );
    });
    const result = await heard;
    server?.close();
    return result;
}

test("two runners that know each other speak", async () => {
    expect(await speaks(other as Identity, one as Identity)).toBe("words");
});

test("one that has another key than was expected is let go, at either end", async () => {
    expect(await speaks(stranger as Identity, one as Identity)).toBe("closed");
    expect(await speaks(other as Identity, stranger as Identity)).toBe(
        "it has another key than was expected",
    );
});

test.each([
    ["ssh://deploy@shop-1", "shop-1"],
    ["ssh://shop-1:2222", "shop-1"],
    ["tcp://10.0.0.5:2376", "10.0.0.5"],
    ["ssh://root@[fd00::1]:22", "fd00::1"],
])("the address of %s", (host, address) => {
    expect(addressesOf(host)).toEqual([address]);
});

test("a local engine is reached at this machine's addresses, not at its loopback", () => {
    for (const host of [undefined, "unix:///var/run/docker.sock"])
        for (const address of addressesOf(host)) expect(address).not.toMatch(/^(127\.|::1$)/);
});
