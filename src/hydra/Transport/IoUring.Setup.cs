using System.Runtime.CompilerServices;
using Hydra.Primitives;

namespace Hydra.Transport;

/// <content>The memory that is shared with the kernel (io_uring_setup(2)), and the first try.</content>
internal sealed unsafe partial class IoUring
{
    // struct io_uring_params: the offsets of what is read or written here.
    private const int ParametersSize = 120;
    private const int SubmissionEntriesOffset = 0;
    private const int CompletionEntriesOffset = 4;
    private const int FlagsOffset = 8;
    private const int FeaturesOffset = 20;
    private const int SubmissionOffsets = 40;
    private const int CompletionOffsets = 80;

    // struct io_sqring_offsets and io_cqring_offsets, which begin alike.
    private const int TailField = 4;
    private const int MaskField = 8;
    private const int ArrayField = 24;
    private const int CompletionsField = 20;

    private bool TryMap(byte* parameters)
    {
        if ((Read(parameters, FeaturesOffset) & FeatureSingleMap) == 0)
        {
            return false;
        }

        uint entries = Read(parameters, SubmissionEntriesOffset);
        byte* submission = parameters + SubmissionOffsets;
        byte* completion = parameters + CompletionOffsets;
        uint submissionSize = Read(submission, ArrayField) + (entries * sizeof(uint));
        uint completionSize = Read(completion, CompletionsField) + (Read(parameters, CompletionEntriesOffset) * CompletionSize);
        byte* ring = Map(Math.Max(submissionSize, completionSize), 0);
        _entries = Map(entries * EntrySize, EntriesOffset);
        if (ring is null || _entries is null)
        {
            return false;
        }

        _submissionTail = (uint*)(ring + Read(submission, TailField));
        _submissionMask = Read(ring, (int)Read(submission, MaskField));
        _completionHead = (uint*)(ring + Read(completion, 0));
        _completionTail = (uint*)(ring + Read(completion, TailField));
        _completionMask = Read(ring, (int)Read(completion, MaskField));
        _completions = ring + Read(completion, CompletionsField);
        _tail = *_submissionTail;

        // Entries are always used in turn.
        uint* array = (uint*)(ring + Read(submission, ArrayField));
        for (uint i = 0; i < entries; i++)
        {
            array[i] = i;
        }

        return true;
    }

    // Sandboxes may know the call and not the operations.
    private bool Works()
    {
        int* pair = stackalloc int[2];
        if (LoopSyscalls.SocketPair(pair) < 0)
        {
            return false;
        }

        byte sent = 42;
        byte received = 0;
        int send = AddSend(pair[0], &sent, 1);
        Submit();
        bool works = Result(send) == 1;
        int first = AddReceive(pair[1], &received, 1);
        int second = AddReceive(pair[1], &received, 1);
        Submit();
        works = works && Result(first) == 1 && Result(second) == -LoopSyscalls.EAgain && received == sent;
        _ = LibC.Close(pair[0]);
        _ = LibC.Close(pair[1]);
        return works;
    }

    private byte* Map(uint length, long offset)
    {
        byte* address = LoopSyscalls.MapShared(_descriptor, length, offset);
        if (address is not null)
        {
            _mappings.Add(new Mapping((nint)address, length));
        }

        return address;
    }

    private static uint Read(byte* source, int offset) => Unsafe.ReadUnaligned<uint>(source + offset);

    private readonly record struct Mapping(nint Address, nuint Length);
}
