using Hydra.Primitives;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>The ring by itself. Where the kernel refuses it there is nothing to test: the loops then do without.</summary>
public sealed unsafe class IoUringTests : IDisposable
{
    private const int EPipe = 32;

    private readonly List<int> _descriptors = [];
    private readonly byte[] _memory = GC.AllocateArray<byte>(4096, pinned: true);

    public void Dispose()
    {
        _descriptors.ForEach(fd => LibC.Close(fd));
    }

    [LinuxFact]
    public Task Submit_SendsThenReceives_ReturnsEachResultByItsIndex() => OnRing(ring =>
    {
        for (int round = 0; round < 100; round++)
        {
            (int Left, int Right)[] pairs = [.. Enumerable.Range(0, ring.Capacity).Select(_ => Pair())];
            fixed (byte* memory = _memory)
            {
                for (int i = 0; i < pairs.Length; i++)
                {
                    memory[i] = (byte)(round + i);
                    Assert.Equal(i, ring.AddSend(pairs[i].Left, memory + i, 1));
                }

                ring.Submit();
                Assert.All(Enumerable.Range(0, pairs.Length), i => Assert.Equal(1, ring.Result(i)));
                for (int i = 0; i < pairs.Length; i++)
                {
                    ring.AddReceive(pairs[i].Right, memory + 100 + i, 50);
                }

                ring.Submit();
                for (int i = 0; i < pairs.Length; i++)
                {
                    Assert.Equal(1, ring.Result(i));
                    Assert.Equal((byte)(round + i), memory[100 + i]);
                }
            }

            _descriptors.ForEach(fd => LibC.Close(fd));
            _descriptors.Clear();
        }
    });

    [LinuxFact]
    public Task Submit_NothingToReceive_ReturnsAtOnceWithEAgain() => OnRing(ring =>
    {
        fixed (byte* memory = _memory)
        {
            int index = ring.AddReceive(Pair().Left, memory, 10);
            ring.Submit();
            Assert.Equal(-LoopSyscalls.EAgain, ring.Result(index));
        }
    });

    [LinuxFact]
    public Task Submit_OneOfThemFails_DoesTheOthers() => OnRing(ring =>
    {
        (int left, int right) = Pair();
        (int lonely, int gone) = Pair();
        _ = LibC.Close(gone);

        // Once: the number may be another test's by the time the others are closed.
        Assert.True(_descriptors.Remove(gone));
        fixed (byte* memory = _memory)
        {
            int broken = ring.AddSend(lonely, memory, 1);
            int closed = ring.AddSend(-1, memory, 1);
            int sound = ring.AddSend(left, memory, 3);
            ring.Submit();
            Assert.Equal(-EPipe, ring.Result(broken));
            Assert.Equal(-LoopSyscalls.EBadF, ring.Result(closed));
            Assert.Equal(3, ring.Result(sound));
            int received = ring.AddReceive(right, memory, 10);
            ring.Submit();
            Assert.Equal(3, ring.Result(received));
        }
    });

    // The ring belongs to the thread that makes it.
    private static Task OnRing(Action<IoUring> test)
    {
        using IoUring? ring = IoUring.TryCreate(8);
        if (ring is not null)
        {
            test(ring);
        }

        return Task.CompletedTask;
    }

    private (int Left, int Right) Pair()
    {
        int* pair = stackalloc int[2];
        Assert.Equal(0, LoopSyscalls.SocketPair(pair));
        _descriptors.AddRange([pair[0], pair[1]]);
        return (pair[0], pair[1]);
    }
}
