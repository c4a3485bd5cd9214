import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker, unique } from "./stack.js";

const folder = join(__dirname, "ssh-host");

/** A host with a Docker engine that is reached by ssh alone: a real sshd, in front of an engine's socket. */
export class SshHost {
    readonly name = unique("t-ssh-");
    private readonly keys = mkdtempSync(join(tmpdir(), "cutover-ssh-"));

    private constructor() {}

    static async start(socket: string): Promise<SshHost> {
        const host = new SshHost();
        const content = createHash("sha256").update(readFileSync(join(folder, "Dockerfile")));
        const image = `cutover-test-ssh-host:${content.digest("hex").slice(0, 12)}`;
        await docker("build", "--quiet", "--tag", image, folder);
        await docker(
            ...["run", "--detach", "--name", host.name, "--publish", "127.0.0.1::22"],
            ...["--mount", `type=bind,source=${socket},target=/var/run/docker.sock`, image],
        );
        await host.makeKeys();
        return host;
    }

    /** As DOCKER_HOST has it; the port and the keys are those of `environment`. */
    get host(): string {
        return `ssh://root@${this.name}`;
    }

    /** For a process that is to reach it: ssh as its user would have it set up, the host's key known. */
    get environment(): Record<string, string> {
        return { PATH: `${join(this.keys, "bin")}:${process.env.PATH}` };
    }

    /** As if another machine answered at its address. */
    forgetHostKey(): void {
        const known = join(this.keys, "known_hosts");
        const text = readFileSync(known, "utf8").replace(/AAAA.{20}/g, (key) => {
            return `AAAA${[...key.slice(4)].reverse().join("")}`;
        });
        writeFileSync(known, text);
    }

    async remove(): Promise<void> {
        await docker("rm", "--force", this.name);
        rmSync(this.keys, { recursive: true, force: true });
    }

    private async makeKeys(): Promise<void> {
        const { keys, name } = this;
        const inside = (...argv: string[]) => docker("exec", name, ...argv);
        await inside("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/root/.ssh/id");
        await inside("cp", "/root/.ssh/id.pub", "/root/.ssh/authorized_keys");
        await docker("cp", `${name}:/root/.ssh/id`, join(keys, "id"));
        chmodSync(join(keys, "id"), 0o600);
        const hostKey = await inside("cat", "/etc/ssh/ssh_host_ed25519_key.pub");
        const address = await docker("port", name, "22");
        const port = address.split("\n")[0]?.split(":").at(-1) ?? "";
        const [type, key] = hostKey.split(" ");
        writeFileSync(join(keys, "known_hosts"), `[127.0.0.1]:${port} ${type} ${key}\n`);
        const lines = [
            `Host ${name}`,
            "HostName 127.0.0.1",
            `Port ${port}`,
            `IdentityFile ${join(keys, "id")}`,
            `UserKnownHostsFile ${join(keys, "known_hosts")}`,
            "GlobalKnownHostsFile /dev/null",
            "HostKeyAlgorithms ssh-ed25519",
            "StrictHostKeyChecking yes",
            "IdentitiesOnly yes",
        ];
        writeFileSync(join(keys, "config"), `${lines.join("\n")}\n`);
        mkdirSync(join(keys, "bin"));
        const wrapper = join(keys, "bin", "ssh");
        writeFileSync(wrapper, `#!/bin/sh\nexec /usr/bin/ssh -F ${join(keys, "config")} "$@"\n`);
        chmodSync(wrapper, 0o755);
    }
}
