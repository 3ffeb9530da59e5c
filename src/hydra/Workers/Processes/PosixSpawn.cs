using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Hydra.Primitives;

namespace Hydra.Workers.Processes;

/// <summary>
/// Starts a process that gets some of our descriptors, which <see cref="System.Diagnostics.Process"/> cannot do. They are duplicated in
/// the child only: a worker that is started at the same time gets none. POSIX only.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal static unsafe partial class PosixSpawn
{
    /// <summary>The number that the first descriptor gets in the child.</summary>
    public const int FirstDescriptor = 3;

    private const int DuplicateCloseOnExec = 1030;

    // Larger than posix_spawnattr_t, posix_spawn_file_actions_t and sigset_t are anywhere; glibc's largest has 336 bytes.
    private const int StructureSize = 1024;
    private const short SetSignalDefaults = 0x4;
    private const short SetSignalMask = 0x8;
    private const int BrokenPipe = 13;

    /// <summary>Starts a program with the standard streams and these descriptors, numbered from <see cref="FirstDescriptor"/>.</summary>
    /// <returns>0, or errno.</returns>
    public static int Start(
        byte[] path, IReadOnlyList<byte[]> arguments, IReadOnlyList<byte[]> variables, IReadOnlyList<int> descriptors, out int process)
    {
        process = 0;
        List<int> sources = [];
        byte* actions = stackalloc byte[StructureSize];
        byte* attributes = stackalloc byte[StructureSize];
        byte** argumentTable = Table(arguments);
        byte** variableTable = Table(variables);
        _ = posix_spawn_file_actions_init(actions);
        _ = posix_spawnattr_init(attributes);
        try
        {
            // Their numbers are beyond all that they get in the child, so that none overwrites another.
            for (int i = 0; i < descriptors.Count; i++)
            {
                int source = Duplicate(descriptors[i], FirstDescriptor + descriptors.Count);
                if (source < 0)
                {
                    return Marshal.GetLastPInvokeError();
                }

                sources.Add(source);
                _ = posix_spawn_file_actions_adddup2(actions, source, FirstDescriptor + i);
            }

            SetSignals(attributes);
            int pid;
            int error;
            fixed (byte* name = (byte[])[.. path, 0])
            {
                error = posix_spawn(&pid, name, actions, attributes, argumentTable, variableTable);
            }

            process = pid;
            return error;
        }
        finally
        {
            sources.ForEach(static source => _ = LibC.Close(source));
            _ = posix_spawn_file_actions_destroy(actions);
            _ = posix_spawnattr_destroy(attributes);
            Free(argumentTable);
            Free(variableTable);
        }
    }

    // .NET ignores SIGPIPE, and what is ignored stays so across exec.
    private static void SetSignals(byte* attributes)
    {
        byte* set = stackalloc byte[StructureSize];
        new Span<byte>(set, StructureSize).Clear();
        _ = posix_spawnattr_setsigmask(attributes, set);
        set[(BrokenPipe - 1) / 8] = 1 << ((BrokenPipe - 1) % 8);
        _ = posix_spawnattr_setsigdefault(attributes, set);
        _ = posix_spawnattr_setflags(attributes, SetSignalDefaults | SetSignalMask);
    }

    private static int Duplicate(int descriptor, int minimum)
    {
        if (OperatingSystem.IsLinux())
        {
            return FileControl(descriptor, DuplicateCloseOnExec, minimum);
        }

        // fcntl's third argument is passed in another way on Apple's processors, so take numbers until one is high enough.
        int copy = Duplicate(descriptor);
        if (copy >= 0)
        {
            _ = LibC.SetCloseOnExec(copy);
        }

        if (copy < 0 || copy >= minimum)
        {
            return copy;
        }

        int next = Duplicate(descriptor, minimum);
        _ = LibC.Close(copy);
        return next;
    }

    private static byte** Table(IReadOnlyList<byte[]> strings)
    {
        var table = (byte**)NativeMemory.Alloc((nuint)strings.Count + 1, (nuint)sizeof(byte*));
        for (int i = 0; i < strings.Count; i++)
        {
            table[i] = (byte*)NativeMemory.Alloc((nuint)strings[i].Length + 1);
            strings[i].CopyTo(new Span<byte>(table[i], strings[i].Length));
            table[i][strings[i].Length] = 0;
        }

        table[strings.Count] = null;
        return table;
    }

    private static void Free(byte** table)
    {
        for (byte** entry = table; *entry is not null; entry++)
        {
            NativeMemory.Free(*entry);
        }

        NativeMemory.Free(table);
    }

    [LibraryImport("libc")]
    private static partial int posix_spawn(int* pid, byte* path, byte* actions, byte* attributes, byte** arguments, byte** variables);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(byte* attributes, byte* set);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* set);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    // Variadic in C; on Linux a third integer is passed the same way.
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    private static partial int Duplicate(int descriptor);
}
