import { randomUUID } from "node:crypto";
import type { TwoHosts } from "./two-hosts.js";

/** Copies the source into a folder of the destination's host. */
export interface OtherTool {
    /** What has to be there once, and is not measured. */
    prepare?(hosts: TwoHosts, folder: string): Promise<unknown>;
    copy(hosts: TwoHosts, folder: string): Promise<unknown>;
}

export const rsyncName = "rsync -aHAXS --numeric-ids over ssh";
export const pipeName = "socat, a tar stream, not encrypted";

const password = randomUUID();

export const otherTools: Readonly<Record<string, OtherTool>> = {
    [rsyncName]: {
        copy: (hosts, folder) =>
            hosts.run(
                ...(["destination", "rsync", "-aHAXS", "--numeric-ids"] as const),
                ...["source:/source/", `${folder}/`],
            ),
    },
    "tar | zstd | ssh | tar": {
        copy: (hosts, folder) =>
            piped(
                hosts,
                'ssh source "tar -C /source -cf - . | zstd --quiet" | zstd --decompress --quiet | tar -C "$0" -xpf -',
                folder,
            ),
    },
    // As it is by default it asks for each file's checksum by an ssh command: minutes for 100,000.
    "rclone (sftp, 10 transfers, no checksums)": {
        copy: (hosts, folder) =>
            hosts.run(
                ...(["destination", "rclone", "copy", "--links", "--metadata", "--quiet"] as const),
                ...["--sftp-host", hosts.address("source"), "--sftp-user", "root"],
                ...["--transfers", "10", "--sftp-disable-hashcheck"],
                ...["--sftp-port", String(hosts.sshPort("source"))],
                ...["--sftp-key-file", "/root/.ssh/id"],
                ...["--sftp-known-hosts-file", "/root/.ssh/known_hosts"],
                ...[":sftp:/source", folder],
            ),
    },
    "restic (backup over sftp + restore)": {
        prepare: (hosts, folder) =>
            restic(hosts, "destination", "init", "--repo", `${folder}/repository`),
        async copy(hosts, folder) {
            const repository = `${folder}/repository`;
            const afar = ["--repo", `sftp:destination:${repository}`];
            await restic(hosts, "source", "backup", ...afar, "/source");
            const target = ["--target", `${folder}/restored`];
            await restic(
                hosts,
                "destination",
                "restore",
                "--repo",
                repository,
                ...target,
                "latest",
            );
        },
    },
    [pipeName]: {
        copy(hosts, folder) {
            const from = `TCP:${hosts.address("source")}:${hosts.pipePort("source")}`;
            return piped(hosts, `socat -u -b 1048576 ${from} - | tar -C "$0" -xpf -`, folder);
        },
    },
};

/** Without a cache on the side: a first backup finds none. */
function restic(hosts: TwoHosts, host: "source" | "destination", ...argv: string[]) {
    const [command = "", ...args] = argv;
    const environment = ["env", `RESTIC_PASSWORD=${password}`];
    return hosts.run(host, ...environment, "restic", command, "--quiet", "--no-cache", ...args);
}

/** A failure anywhere in the pipe is one of the whole. */
function piped(hosts: TwoHosts, script: string, folder: string) {
    return hosts.run("destination", "bash", "-o", "pipefail", "-c", script, folder);
}
