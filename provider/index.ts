export { CutoverError, InputError } from "./engine/errors.js";
export type { ArchiveReport } from "./engine/handover/archive-report.js";
export type {
    ContainerReport,
    CopyReport,
    EnvironmentReport,
    MigrationReport,
    VolumeReport,
} from "./engine/handover/report.js";
export { type Duration, duration, type Size, size } from "./engine/units.js";
export {
    BlueGreenEnvironment,
    type SlotOutputs,
    type VolumeOutputs,
} from "./resources/blue-green-environment.js";
export type * from "./resources/blue-green-environment-args.js";
export { ContainerMigration } from "./resources/container-migration.js";
export type * from "./resources/container-migration-args.js";
export type { ContainerSpec } from "./resources/container-spec.js";
export type { PassesArgs } from "./resources/passes.js";
export {
    type ArchiveFileArgs,
    type DockerContainerArgs,
    VolumeArchive,
    type VolumeArchiveArgs,
} from "./resources/volume-archive.js";
export {
    type QuiesceArgs,
    VolumeMigration,
    type VolumeMigrationArgs,
} from "./resources/volume-migration.js";
export type {
    ArchiveArgs,
    ArchiveRefArgs,
    DirectoryArgs,
    DirectoryRefArgs,
    DockerVolumeArgs,
    DockerVolumeRefArgs,
    SourceRefArgs,
    VolumeRefArgs,
} from "./resources/volume-ref.js";
export type { MaxDelete } from "./volumes/max-delete.js";
export type { Priority } from "./volumes/priority.js";
