using System.Runtime.CompilerServices;
using Hydra.Primitives;

namespace Hydra.Transport;

/// <summary>
/// Many receives and sends in one system call, by io_uring (Linux 5.6 and newer). Nothing is ever left to the kernel: every operation
/// is asked for without waiting, so it is done when <see cref="Submit"/> returns, exactly as if it had been a system call of its own.
/// Belongs to one thread, which makes it, uses it and disposes of it.
/// </summary>
internal sealed unsafe partial class IoUring : IDisposable
{
    private const int SetupCoopTaskRun = 1 << 8;
    private const int SetupSingleIssuer = 1 << 12;
    private const int SetupDeferTaskRun = 1 << 13;
    private const int FeatureSingleMap = 1;
    private const int EnterGetEvents = 1;
    private const long EntriesOffset = 0x10000000;
    private const byte OperationSend = 26;
    private const byte OperationReceive = 27;
    private const int EntrySize = 64;
    private const int CompletionSize = 16;

    /// <summary>The result of an operation that the kernel did not take: a number that no system call returns.</summary>
    public const int NotDone = int.MinValue;

    private readonly int _descriptor;
    private readonly int[] _results;
    private readonly List<Mapping> _mappings = [];
    private byte* _entries;
    private uint* _submissionTail;
    private uint* _completionHead;
    private uint* _completionTail;
    private byte* _completions;
    private uint _submissionMask;
    private uint _completionMask;
    private uint _tail;

    private IoUring(int descriptor, int capacity)
    {
        _descriptor = descriptor;
        Capacity = capacity;
        _results = new int[capacity];
    }

    /// <summary>How many operations one <see cref="Submit"/> can take.</summary>
    public int Capacity { get; }

    /// <summary>How many operations wait for <see cref="Submit"/>.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the kernel has refused to work: the ring must not be used any more.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Makes a ring and tries it on a pair of sockets.</summary>
    /// <param name="capacity">How many operations one call is to take: a power of two.</param>
    /// <returns>
    /// Null where the kernel is too old or does not allow it, as in most containers: system calls of their own do the same there.
    /// </returns>
    public static IoUring? TryCreate(int capacity)
    {
        byte* parameters = stackalloc byte[ParametersSize];
        int descriptor = -LoopSyscalls.EInval;
        foreach (int flags in (ReadOnlySpan<int>)[SetupSingleIssuer | SetupDeferTaskRun, SetupCoopTaskRun, 0])
        {
            new Span<byte>(parameters, ParametersSize).Clear();
            Unsafe.WriteUnaligned(parameters + FlagsOffset, flags);
            descriptor = LoopSyscalls.IoUringSetup((uint)capacity, parameters);
            if (descriptor != -LoopSyscalls.EInval)
            {
                break;
            }
        }

        if (descriptor < 0)
        {
            return null;
        }

        var ring = new IoUring(descriptor, capacity);
        if (ring.TryMap(parameters) && ring.Works())
        {
            return ring;
        }

        ring.Dispose();
        return null;
    }

    /// <summary>Adds a receive. Its memory must stay where it is until <see cref="Submit"/> has returned.</summary>
    /// <returns>The operation's index, for <see cref="Result"/>.</returns>
    public int AddReceive(int fd, byte* data, int length) => Add(OperationReceive, fd, data, length, LoopSyscalls.DoNotWait);

    /// <summary>Adds a send. Its memory must stay where it is until <see cref="Submit"/> has returned.</summary>
    /// <returns>The operation's index, for <see cref="Result"/>.</returns>
    public int AddSend(int fd, byte* data, int length) => Add(OperationSend, fd, data, length, LoopSyscalls.DoNotWait | LoopSyscalls.NoSignal);

    /// <summary>Does all that was added. The results are there until the next <see cref="AddReceive"/> or <see cref="AddSend"/>.</summary>
    public void Submit()
    {
        int count = Count;
        Volatile.Write(ref *_submissionTail, _tail);
        Count = 0;
        int completed = 0;
        int submitted = 0;
        while (completed < count)
        {
            int result = LoopSyscalls.IoUringEnter(_descriptor, (uint)(count - submitted), (uint)(count - completed), EnterGetEvents);
            submitted += Math.Max(result, 0);
            completed += TakeCompletions();
            if (result < 0 && result != -LoopSyscalls.EIntr)
            {
                // Short of memory, for example. What it has not taken stays in the ring, so the ring must not be used again.
                IsBroken = true;
                return;
            }
        }
    }

    /// <summary>What the operation returned: a number of bytes, the negative of errno, or <see cref="NotDone"/>.</summary>
    /// <param name="index">What adding it returned.</param>
    public int Result(int index) => _results[index];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Mapping mapping in _mappings)
        {
            LoopSyscalls.Unmap((byte*)mapping.Address, mapping.Length);
        }

        _mappings.Clear();
        _ = LibC.Close(_descriptor);
    }

    private int Add(byte operation, int fd, byte* data, int length, int messageFlags)
    {
        int index = Count++;
        _results[index] = NotDone;
        byte* entry = _entries + ((_tail++ & _submissionMask) * EntrySize);
        Unsafe.InitBlockUnaligned(entry, 0, EntrySize);
        *entry = operation;
        Unsafe.WriteUnaligned(entry + 4, fd);
        Unsafe.WriteUnaligned(entry + 16, (ulong)data);
        Unsafe.WriteUnaligned(entry + 24, length);
        Unsafe.WriteUnaligned(entry + 28, messageFlags);
        Unsafe.WriteUnaligned(entry + 32, (ulong)index);
        return index;
    }

    private int TakeCompletions()
    {
        uint head = *_completionHead;
        uint tail = Volatile.Read(ref *_completionTail);
        int count = (int)(tail - head);
        for (; head != tail; head++)
        {
            byte* completion = _completions + ((head & _completionMask) * CompletionSize);
            _results[(int)Unsafe.ReadUnaligned<ulong>(completion)] = Unsafe.ReadUnaligned<int>(completion + 8);
        }

        Volatile.Write(ref *_completionHead, head);
        return count;
    }
}
