import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { CutoverError } from "../../engine/errors.js";
import { formatBytes } from "../../engine/units.js";
import type { CommandRunner } from "../../platforms/commands.js";
import { freeBytes } from "../side-access.js";
import type { ToolCall } from "../tool.js";
import { Pipe } from "./pipe.js";

export const zstdCall: ToolCall = {
    argv: ["zstd", "--compress", "--stdout", "--quiet", "-3", "-T0"],
};

/** Recipients are public keys. */
export function ageCall(recipients: readonly string[]): ToolCall {
    return { argv: ["age", "--encrypt", ...recipients.flatMap((key) => ["--recipient", key])] };
}

/** What is written to it goes through zstd, and through age where there are recipients, into a new file. */
export class ArchiveFile {
    /** Bytes in the file. */
    bytes = 0;
    private readonly hash = createHash("sha256");
    private zstd: Pipe | undefined;
    private pumping: Promise<void> = Promise.resolve();
    private problem: unknown;
    private readonly age: Pipe | undefined;
    private readonly written: Promise<void>;

    private constructor(
        private readonly runner: CommandRunner,
        private readonly folder: string,
        private readonly file: FileHandle,
        recipients: readonly string[],
        private readonly signal: AbortSignal,
    ) {
        this.age =
            recipients.length > 0 ? Pipe.start(runner, ageCall(recipients), signal) : undefined;
        this.written = this.age
            ? this.pump(this.age.output, (bytes) => this.store(bytes))
            : Promise.resolve();
    }

    /** @param path must not exist; its folder must */
    static async create(
        runner: CommandRunner,
        path: string,
        recipients: readonly string[],
        signal: AbortSignal,
    ): Promise<ArchiveFile> {
        const flags =
            constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
        const file = await open(path, flags, 0o600);
        const folder = path.slice(0, path.lastIndexOf("/")) || "/";
        return new ArchiveFile(runner, folder, file, recipients, signal);
    }

    async write(bytes: Buffer): Promise<void> {
        this.signal.throwIfAborted();
        if (this.problem) throw this.problem;
        if (!this.zstd) {
            const zstd = Pipe.start(this.runner, zstdCall, this.signal);
            this.zstd = zstd;
            this.pumping = this.pump(zstd.output, (piece) => this.pass(piece));
        }
        await this.zstd.write(bytes);
    }

    /** Ends a frame of zstd: what was written until now can be read by itself. */
    async endFrame(): Promise<void> {
        const zstd = this.zstd;
        if (!zstd) return;
        this.zstd = undefined;
        zstd.closeInput();
        await this.pumping;
        if (this.problem) throw this.problem;
        await zstd.mustEnd("zstd failed");
    }

    /** All of it is written when it resolves; for the disk it may still be on its way. */
    async finish(): Promise<{ bytes: number; digest: string }> {
        await this.endFrame();
        this.age?.closeInput();
        await this.written;
        if (this.problem) throw this.problem;
        await this.age?.mustEnd("age failed");
        await this.file.close();
        return { bytes: this.bytes, digest: this.hash.digest("hex") };
    }

    /** What was written stays where it is. */
    async abandon(): Promise<void> {
        this.zstd?.kill();
        this.age?.kill();
        await this.pumping.catch(() => {});
        await this.written.catch(() => {});
        await this.file.close().catch(() => {});
    }

    private pass(bytes: Buffer): Promise<void> {
        return this.age ? this.age.write(bytes) : this.store(bytes);
    }

    /** Never rejects: what goes wrong is thrown at whoever writes next. */
    private async pump(
        from: AsyncIterable<Buffer>,
        to: (bytes: Buffer) => Promise<void>,
    ): Promise<void> {
        try {
            for await (const bytes of from) {
                // What is left is read all the same, or the tool would wait for ever.
                if (!this.problem) await to(bytes);
            }
        } catch (error) {
            this.problem ??= error;
            this.zstd?.kill();
            this.age?.kill();
        }
    }

    private async store(bytes: Buffer): Promise<void> {
        try {
            for (let at = 0; at < bytes.length; ) {
                const { bytesWritten } = await this.file.write(bytes, at);
                at += bytesWritten;
            }
        } catch (error) {
            throw this.notWritten(error);
        }
        this.bytes += bytes.length;
        this.hash.update(bytes);
    }

    private notWritten(cause: unknown): CutoverError {
        const { code } = cause as NodeJS.ErrnoException;
        if (code !== "ENOSPC" && code !== "EDQUOT")
            return new CutoverError(`the archive could not be written: ${code}`, { cause });
        const after = `after ${formatBytes(this.bytes)} of the archive`;
        return new CutoverError(
            `the disk of the archive is full ${after}: ${formatBytes(freeBytes(this.folder))} left there`,
            {
                cause,
                next: "make room there, or write the archive elsewhere",
            },
        );
    }
}
