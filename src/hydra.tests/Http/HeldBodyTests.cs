using System.Buffers;
using System.Security.Cryptography;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Tests.Functional.Harness;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class HeldBodyTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly MemoryBudget _budget = new(10_000_000);

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(400_000)]
    public async Task Read_WhatWasAppendedInPieces_IsTheSame(int size)
    {
        byte[] body = RandomNumberGenerator.GetBytes(size);
        var held = new HeldBody(_budget);
        Append(held, body, pieces: 7);

        Assert.Equal(size, held.Length);
        Assert.Equal(size, held.BytesInMemory);
        Assert.Equal(size, _budget.Used);
        Assert.Equal(body, await ReadAsync(held));
        Assert.Equal(body, await ReadAsync(held));
        held.Release();
        Assert.Equal(0, _budget.Used);
    }

    [Fact]
    public async Task Read_PartsInFileAndInMemory_AreInOrder()
    {
        byte[] body = RandomNumberGenerator.GetBytes(700_000);
        Spool spool = NewSpool(10_000_000);
        var held = new HeldBody(_budget);
        Append(held, body[..300_000]);
        Assert.True(await held.SpoolAsync(spool));
        Append(held, body[300_000..600_001]);
        Assert.True(await held.SpoolAsync(spool));
        Assert.Equal(0, held.BytesInMemory);
        Append(held, body[600_001..]);

        Assert.True(held.IsSpooled);
        Assert.Equal(body, await ReadAsync(held));
        Assert.Equal(600_001, spool.Used);
        held.Release();
        Assert.Equal(0, _budget.Used);
        await Eventually.HoldsAsync(() => spool.Used == 0, "the end of the file");
    }

    [Fact]
    public async Task Spool_WithoutSpace_LeavesEverythingInOrder()
    {
        byte[] body = RandomNumberGenerator.GetBytes(500_000);
        Spool spool = NewSpool(250_000);
        var held = new HeldBody(_budget);
        Append(held, body[..200_000]);
        Assert.True(await held.SpoolAsync(spool));
        Append(held, body[200_000..]);

        Assert.False(await held.SpoolAsync(spool));
        Assert.Equal(300_000, held.BytesInMemory);
        Assert.Equal(200_000, spool.Used);
        Assert.Equal(body, await ReadAsync(held));
        held.Release();
    }

    [Fact]
    public void Append_BeyondTheBudget_AddsNothing()
    {
        var held = new HeldBody(new MemoryBudget(100));

        Assert.True(held.TryAppend(new ReadOnlySequence<byte>(new byte[60])));
        Assert.False(held.TryAppend(new ReadOnlySequence<byte>(new byte[41])));
        Assert.Equal(60, held.Length);
    }

    [Fact]
    public void Release_CanBeFilledAgain()
    {
        var held = new HeldBody(_budget);
        Append(held, new byte[100_000]);
        held.Release();
        Append(held, new byte[5]);

        Assert.Equal(5, held.Length);
        held.Release();
        Assert.Equal(0, _budget.Used);
    }

    private Spool NewSpool(long limit) => new([_directory.Path], limit, TimeProvider.System, NullLogger.Instance);

    private static void Append(HeldBody held, byte[] data, int pieces = 1)
    {
        foreach (byte[] piece in data.Chunk(Math.Max(1, data.Length / pieces)))
        {
            Assert.True(held.TryAppend(new ReadOnlySequence<byte>(piece)));
        }
    }

    private static async Task<byte[]> ReadAsync(HeldBody held)
    {
        var result = new MemoryStream();
        while (result.Length < held.Length)
        {
            ReadOnlyMemory<byte> piece = await held.ReadAsync(result.Length, 50_000);
            Assert.InRange(piece.Length, 1, 50_000);
            result.Write(piece.Span);
        }

        return result.ToArray();
    }
}
