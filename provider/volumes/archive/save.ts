import { basename, dirname } from "node:path";
import { CutoverError } from "../../engine/errors.js";
import type { Reporter } from "../../engine/progress.js";
import type { CommandRunner } from "../../platforms/commands.js";
import { readAttributes } from "../attributes.js";
import type { Manifest } from "../manifest.js";
import { createMatcher } from "../matcher.js";
import { counted } from "../measure.js";
import { firstNames } from "../names.js";
import { ProgressTicker } from "../progress.js";
import { changesBetween } from "../proof.js";
import { type Session, scanSide } from "../session.js";
import { TreeDigest } from "../tree-digest.js";
import { ArchiveFile } from "./archive-file.js";
import { compareStream } from "./archive-reader.js";
import {
    type ArchivedVolume,
    type ArchiveEnd,
    type ArchiveHeader,
    formatVersion,
    ownNames,
    type VolumeEnd,
} from "./format.js";
import { type DigestedSide, ManifestText, manifestParts } from "./manifest-text.js";
import { closeSession, openSession } from "./open-session.js";
import { Pipe } from "./pipe.js";
import { StreamedVolume } from "./streamed-volume.js";
import { endOfArchive, fileMember, linkMember } from "./tar-blocks.js";
import { createCall, withoutOddLinks } from "./tar-calls.js";
import { TarReader, type TarSink } from "./tar-reader.js";

export interface SaveOptions {
    /** Where each volume is; the last part of the path is its folder in the archive. */
    roots: readonly string[];
    /** Where to write; there must be nothing yet. */
    file: string;
    /** Public keys of age; none: not encrypted. */
    recipients: readonly string[];
    include?: string[];
    exclude?: string[];
    /** The container whose volumes these are. */
    container?: string;
}

/** What an archive holds, and how it is on the disk. */
export interface Saved {
    createdAt: string;
    /** Size of the file. */
    bytes: number;
    /** sha256 of the file, in hexadecimal. */
    file: string;
    volumes: SavedVolume[];
    /** For the save alone: listing, reading and looking once more. */
    seconds: number;
}

export interface SavedVolume extends ArchivedVolume {
    /** Of names, metadata and content: the same for the same tree. `sha256:…` */
    digest: string;
}

/** Saves volumes that nothing writes to, in one stream, and reads each file once. */
export async function saveArchive(
    options: SaveOptions,
    tools: { runner: CommandRunner; reporter: Reporter; signal: AbortSignal },
): Promise<Saved> {
    const stop = new AbortController();
    const signal = AbortSignal.any([tools.signal, stop.signal]);
    const save = new Save(options, { ...tools, signal });
    try {
        return await save.run();
    } finally {
        stop.abort(new CutoverError("the save is over"));
        await save.close();
    }
}

interface Listed {
    session: Session;
    side: DigestedSide;
    about: ArchivedVolume;
}

class Save {
    private file: ArchiveFile | undefined;
    private readonly sessions: Session[] = [];
    /** Bytes of content that went by. */
    private passed = 0;

    constructor(
        private readonly options: SaveOptions,
        private readonly tools: { runner: CommandRunner; reporter: Reporter; signal: AbortSignal },
    ) {}

    async run(): Promise<Saved> {
        const started = performance.now();
        const createdAt = new Date().toISOString();
        const { runner, reporter, signal } = this.tools;
        reporter.status("listing what there is to save");
        const listed: Listed[] = [];
        for (const root of this.options.roots) listed.push(await this.list(root));
        this.file = await ArchiveFile.create(
            runner,
            this.options.file,
            this.options.recipients,
            signal,
        );
        await this.file.write(this.header(createdAt, listed));
        await this.file.endFrame();
        const ends = await this.volumes(listed);
        const end: ArchiveEnd = { volumes: ends };
        await this.file.write(fileMember(ownNames.end, Buffer.from(JSON.stringify(end))));
        await this.file.write(endOfArchive);
        const { bytes, digest } = await this.file.finish();
        for (const one of listed) await this.refuseChanges(one);
        return {
            createdAt,
            bytes,
            file: digest,
            volumes: listed.map(({ about }) => ({
                ...about,
                digest: (ends[about.name] as VolumeEnd).digest,
            })),
            seconds: (performance.now() - started) / 1_000,
        };
    }

    async close(): Promise<void> {
        await this.file?.abandon();
        for (const session of this.sessions) await closeSession(session);
    }

    private async list(root: string): Promise<Listed> {
        const session = this.session(root);
        const manifest = await scanSide(session, "source", false);
        const attributes = await readAttributes(session.runner, root, session.signal);
        this.tellSockets(manifest, basename(root));
        return {
            session,
            side: { manifest, attributes, digests: new Map() },
            about: { name: basename(root), ...counted(manifest) },
        };
    }

    private session(root: string): Session {
        const { include, exclude, file } = this.options;
        const roots = { source: root, destination: dirname(file) };
        const session = openSession(this.tools, roots, createMatcher(include, exclude));
        this.sessions.push(session);
        return session;
    }

    private header(createdAt: string, listed: readonly Listed[]): Buffer {
        const { include, exclude, container } = this.options;
        const header: ArchiveHeader = {
            format: "pulumi-cutover archive",
            version: formatVersion,
            createdAt,
            volumes: listed.map(({ about }) => about),
            ...(container ? { container } : {}),
            ...(include ? { include } : {}),
            ...(exclude ? { exclude } : {}),
        };
        return fileMember(ownNames.header, Buffer.from(`${JSON.stringify(header, null, 1)}\n`));
    }

    private async volumes(listed: readonly Listed[]): Promise<Record<string, VolumeEnd>> {
        const totalBytes = listed.reduce((sum, { about }) => sum + about.allocated, 0);
        const progress = () => ({ bytes: this.passed, totalBytes });
        const ticker = new ProgressTicker(this.tools.reporter, "saving", progress);
        const ends: Record<string, VolumeEnd> = {};
        try {
            for (const one of listed) ends[one.about.name] = await this.volume(one);
        } finally {
            ticker.stop();
        }
        return ends;
    }

    private async volume(listed: Listed): Promise<VolumeEnd> {
        const { side, about } = listed;
        const streamed = await this.stream(listed);
        const found = compareStream(side, streamed);
        if (found.count > 0) throw wroteMeanwhile(about.name, found.first);
        for (let at = 0; at < side.manifest.count; at++) {
            const there = side.manifest.isFile(at)
                ? streamed.manifest.find(side.manifest.path(at))
                : undefined;
            if (there !== undefined) side.digests.set(at, streamed.digests.get(there) as string);
        }
        const text = new ManifestText();
        let number = 0;
        for (const part of manifestParts(side)) {
            text.digestOnly(part);
            await this.write(fileMember(ownNames.manifest(about.name, ++number), part));
        }
        return {
            entries: about.entries,
            manifest: text.digest(),
            digest: new TreeDigest({ ...side, content: (at) => side.digests.get(at) }).digest(),
        };
    }

    /** The volume's members, into the file; what went by. */
    private async stream({ side, session, about }: Listed): Promise<StreamedVolume> {
        const { runner, signal } = this.tools;
        const { manifest } = side;
        const { entries, links } = withoutOddLinks(manifest);
        const streamed = new StreamedVolume(about.name);
        const out: Buffer[] = [];
        const sink = forwarding(streamed, out);
        const call = createCall(session.roots.source, manifest, entries);
        const tar = Pipe.start(runner, call, signal);
        const reader = new TarReader(sink);
        for await (const chunk of tar.output) {
            reader.push(chunk);
            this.passed += chunk.length;
            await this.write(Buffer.concat(out.splice(0)));
        }
        const ended = await tar.ended();
        if (ended.exitCode !== 0) throw wroteMeanwhile(about.name, ended.complaints.slice(-8));
        reader.end();
        const rest = new TarReader(sink);
        for (const [leader, at] of links) {
            const [to, name] = [leader, at].map((one) => `${about.name}/${manifest.path(one)}`);
            rest.push(linkMember(name as string, to as string));
        }
        await this.write(Buffer.concat(out.splice(0)));
        return streamed;
    }

    private write(bytes: Buffer): Promise<void> {
        if (!this.file) throw new CutoverError("the archive is not open");
        return this.file.write(bytes);
    }

    private async refuseChanges({ session, side, about }: Listed): Promise<void> {
        const after = await scanSide(session, "source", false);
        const changes = changesBetween(side.manifest, after);
        if (changes.length > 0) throw wroteMeanwhile(about.name, changes);
    }

    private tellSockets(manifest: Manifest, name: string): void {
        const { sockets } = manifest;
        if (sockets.length === 0) return;
        const many = sockets.length === 1 ? "1 socket is" : `${sockets.length} sockets are`;
        this.tools.reporter.warn(`${name}: ${many} not saved: ${firstNames(sockets)}`);
    }
}

/** All that a tar has but its end. */
function forwarding(streamed: StreamedVolume, out: Buffer[]): TarSink {
    return {
        member(member) {
            streamed.member(member);
            out.push(member.raw);
        },
        data(bytes) {
            streamed.data(bytes);
            out.push(bytes);
        },
        padding: (bytes) => void out.push(bytes),
        memberEnd: () => streamed.memberEnd(),
    };
}

function wroteMeanwhile(volume: string, lastLines: readonly string[]): CutoverError {
    return new CutoverError(
        `volume ${volume} could not be saved as it was: something wrote to it meanwhile`,
        {
            lastLines,
            next: "name every writer in quiesce.containers, or stop them",
        },
    );
}
