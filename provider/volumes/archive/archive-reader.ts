import { compareMetadata, Differences } from "../compare.js";
import { escapeName } from "../names.js";
import { TreeDigest } from "../tree-digest.js";
import {
    type ArchiveEnd,
    type ArchiveHeader,
    damaged,
    manifestPart,
    noArchive,
    ownFolder,
    ownNames,
    parseEnd,
    parseHeader,
} from "./format.js";
import { type DigestedSide, ManifestText } from "./manifest-text.js";
import { StreamedVolume } from "./streamed-volume.js";
import { type TarMember, TarReader, type TarSink } from "./tar-reader.js";

/** Longest of our own files that is not a manifest. */
const longestText = 64 << 20;
/** Longest part of a manifest. */
const longestPart = 1 << 30;

/** One volume of an archive that was read to its end, and found whole. */
export interface ReadVolume {
    /** What the manifest says: to compare with what was restored. */
    side: DigestedSide;
    digest: string;
}

/**
 * Reads an archive from its tar on, and checks it: all of it is there, in order, nothing leads out of its volume, and
 * every byte is as the manifest says.
 */
export class ArchiveReader implements TarSink {
    header: ArchiveHeader | undefined;
    /** Bytes of content so far. */
    bytes = 0;
    private readonly tar = new TarReader(this);
    private readonly streamed = new Map<string, StreamedVolume>();
    private readonly manifests = new Map<string, ManifestText>();
    private readonly parts = new Map<string, number>();
    private end: ArchiveEnd | undefined;
    /** What the current member goes to: a volume, or our own file. */
    private volume: StreamedVolume | undefined;
    private own: { name: string; pieces: Buffer[]; length: number } | undefined;

    /** @param forward what is to be handed on as it is, such as a volume that is restored */
    constructor(
        private readonly forward: {
            volume: (name: string) => boolean;
            bytes: (raw: Buffer) => void;
        } = {
            volume: () => false,
            bytes: () => {},
        },
    ) {}

    push(chunk: Buffer): void {
        this.tar.push(chunk);
    }

    member(member: TarMember): void {
        if (this.end) throw damaged("something follows its end");
        if (!this.header && member.path !== ownNames.header) throw noArchive();
        const folder = member.path.split("/", 1)[0] as string;
        if (folder === ownFolder) this.beginOwn(member);
        else this.beginEntry(member, folder);
    }

    data(bytes: Buffer): void {
        if (this.volume) {
            this.bytes += bytes.length;
            this.volume.data(bytes);
            if (this.forward.volume(this.volume.name)) this.forward.bytes(bytes);
        } else if (this.own) this.own.pieces.push(Buffer.from(bytes));
    }

    padding(bytes: Buffer): void {
        if (this.volume && this.forward.volume(this.volume.name)) this.forward.bytes(bytes);
    }

    memberEnd(): void {
        this.volume?.memberEnd();
        const own = this.own;
        this.own = undefined;
        if (own) this.readOwn(own.name, Buffer.concat(own.pieces));
    }

    /** @throws CutoverError on an archive that is not whole, or does not hold what its manifest says. */
    finish(): Map<string, ReadVolume> {
        this.tar.end();
        if (!this.header) throw noArchive();
        if (!this.end) throw damaged("it ends in the middle");
        const found = new Map<string, ReadVolume>();
        for (const { name } of this.header.volumes) found.set(name, this.checked(name, this.end));
        return found;
    }

    private beginOwn(member: TarMember): void {
        if (member.type !== "0" || member.sparse) throw damaged("a file of its own is none");
        const manifest = manifestPart(member.path) !== undefined;
        if (member.stored > (manifest ? longestPart : longestText))
            throw damaged("a file of its own is too long");
        this.volume = undefined;
        this.own = { name: member.path, pieces: [], length: member.stored };
    }

    private beginEntry(member: TarMember, folder: string): void {
        const known = this.header?.volumes.some(({ name }) => name === folder);
        if (!known) throw damaged(`${escapeName(member.path)} is in none of its volumes`);
        if (this.manifests.has(folder)) throw damaged("a volume goes on after its manifest");
        let volume = this.streamed.get(folder);
        if (!volume) {
            volume = new StreamedVolume(folder);
            this.streamed.set(folder, volume);
        }
        this.volume = volume;
        volume.member(member);
        if (this.forward.volume(folder)) this.forward.bytes(member.raw);
    }

    private readOwn(name: string, content: Buffer): void {
        const part = manifestPart(name);
        if (part) this.readManifest(part, content);
        else if (name === ownNames.header && !this.header)
            this.header = parseHeader(content.toString("utf8"));
        else if (name === ownNames.end) this.end = parseEnd(content.toString("utf8"));
        else throw damaged(`it holds a file of its own that is not known: ${escapeName(name)}`);
    }

    private readManifest(
        { volume, part }: { volume: string; part: number },
        content: Buffer,
    ): void {
        const before = this.parts.get(volume) ?? 0;
        if (!this.streamed.has(volume) || part !== before + 1)
            throw damaged("its manifest is not in order");
        this.parts.set(volume, part);
        const text = this.manifests.get(volume) ?? new ManifestText();
        this.manifests.set(volume, text);
        text.add(content);
    }

    private checked(name: string, { volumes }: ArchiveEnd): ReadVolume {
        const [streamed, side] = [this.streamed.get(name), this.manifests.get(name)];
        const end = Object.hasOwn(volumes, name) ? volumes[name] : undefined;
        if (!streamed || !side || !end) throw damaged(`volume ${name} is missing`);
        if (end.manifest !== side.digest() || end.entries !== side.manifest.count - 1)
            throw damaged(`the manifest of volume ${name} is not the one that was written`);
        const found = compareStream(side, streamed);
        if (found.count > 0)
            throw damaged(`volume ${name} is not as its manifest says: ${found.first[0]}`);
        const digest = new TreeDigest({ ...side, content: (at) => side.digests.get(at) }).digest();
        if (digest !== end.digest) throw damaged(`volume ${name} has another digest`);
        return { side, digest };
    }
}

/** What went by, against what was listed: names, metadata, attributes, links; and content where the list has its digest. */
export function compareStream(listed: DigestedSide, streamed: StreamedVolume): Differences {
    const found = new Differences();
    const pairs = compareMetadata(listed, streamed, found);
    for (const [at, there] of pairs) {
        const digest = listed.digests.get(at);
        if (digest !== undefined && digest !== streamed.digests.get(there))
            found.add(listed.manifest.path(at), "content differs");
    }
    return found;
}
