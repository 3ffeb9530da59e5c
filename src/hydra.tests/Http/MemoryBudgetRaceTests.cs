using System.Buffers;
using Hydra.Http;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>Threads that share a <see cref="MemoryBudget"/> never have more than it allows, and all of it comes back.</summary>
public sealed class MemoryBudgetRaceTests
{
    private const long Capacity = 1000;
    private const int Threads = 4;

    [Fact]
    public async Task TryTake_ManyThreads_NeverHaveMoreThanTheCapacity()
    {
        var budget = new MemoryBudget(Capacity);
        long held = 0;
        long most = 0;
        int refused = 0;
        await RunAsync(random =>
        {
            for (int i = 0; i < 50_000; i++)
            {
                long size = random.Next(1, 600);
                if (!budget.TryTake(size))
                {
                    Interlocked.Increment(ref refused);
                    continue;
                }

                long now = Interlocked.Add(ref held, size);
                if (now > Volatile.Read(ref most))
                {
                    Volatile.Write(ref most, now);
                }

                if (random.Next(4) == 0)
                {
                    Thread.Yield();
                }

                Interlocked.Add(ref held, -size);
                budget.Give(size);
            }
        });

        Assert.InRange(most, 1, Capacity);
        Assert.Equal(0, budget.Used);
        Assert.True(budget.TryTake(Capacity), $"after {refused} refusals");
    }

    [Fact]
    public async Task HeldBodies_OfManyThreads_ShareOneBudgetAndKeepTheirBytes()
    {
        var budget = new MemoryBudget(400_000);
        int wrong = 0;
        await RunAsync(random =>
        {
            var held = new HeldBody(budget);
            for (int round = 0; round < 200; round++)
            {
                byte mark = (byte)random.Next(256);
                byte[] piece = new byte[random.Next(1, 50_000)];
                piece.AsSpan().Fill(mark);
                while (held.TryAppend(new ReadOnlySequence<byte>(piece)) && held.Length < 300_000)
                {
                }

                for (long at = 0; at < held.Length;)
                {
                    // In memory it is there at once.
                    ReadOnlyMemory<byte> read = held.ReadAsync(at, 40_000).AsTask().GetAwaiter().GetResult();
                    if (read.Span.ContainsAnyExcept(mark))
                    {
                        Interlocked.Increment(ref wrong);
                    }

                    at += read.Length;
                }

                held.Release();
            }
        });

        Assert.Equal(0, wrong);
        Assert.Equal(0, budget.Used);
    }

    private static Task RunAsync(Action<Random> action)
        => Task.WhenAll(Enumerable.Range(0, Threads).Select(i => Task.Factory.StartNew(
            () => action(new Random(i)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
}
