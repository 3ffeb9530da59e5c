using System.Buffers;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Tests.Functional.Harness;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>A body of which a part is in a file, or was to be.</summary>
public sealed class HeldBodySpoolTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly MemoryBudget _budget = new(1_000_000);
    private readonly Random _random = new(20_250_401);
    private readonly HeldBody _held;

    public HeldBodySpoolTests() => _held = new HeldBody(_budget);

    public void Dispose()
    {
        _held.Release();
        _directory.Dispose();
    }

    [Fact]
    public async Task Spool_NoFileCanBeMade_LeavesTheBodyInMemoryForTheNextTry()
    {
        byte[] body = Append(200_000);
        Assert.False(await _held.SpoolAsync(NewSpool(_directory.Write("file", ""))));
        Assert.False(_held.IsSpooled);
        Assert.Equal(200_000, _held.BytesInMemory);
        Assert.Equal(200_000, _budget.Used);

        Assert.True(await _held.SpoolAsync(NewSpool(_directory.Path)));
        Assert.True(_held.IsSpooled);
        Assert.Equal(body, await ReadAsync());
    }

    [Fact]
    public async Task Spool_Works_GivesTheMemoryBack()
    {
        Append(200_000);
        Assert.True(await _held.SpoolAsync(NewSpool(_directory.Path)));

        Assert.Equal(0, _held.BytesInMemory);
        Assert.Equal(0, _budget.Used);
        Assert.Equal(200_000, _held.Length);
    }

    [Fact]
    public async Task Read_AroundTheEndOfTheFile_NeverGivesBytesOfBothParts()
    {
        byte[] body = Append(1000);
        Assert.True(await _held.SpoolAsync(NewSpool(_directory.Path)));
        byte[] rest = Append(500);

        Assert.Equal(body[990..], (await _held.ReadAsync(990, 100)).ToArray());
        Assert.Equal(rest[..100], (await _held.ReadAsync(1000, 100)).ToArray());
        Assert.Equal(body[999..], (await _held.ReadAsync(999, 1)).ToArray());
    }

    [Fact]
    public async Task Read_OfTheFile_GivesAtMostWhatAFrameCarries()
    {
        Append(300_000);
        Assert.True(await _held.SpoolAsync(NewSpool(_directory.Path)));

        Assert.InRange((await _held.ReadAsync(0, int.MaxValue)).Length, 1, ProtocolLimits.MaxBody);
    }

    [Fact]
    public async Task Release_BodyInAFile_IsInMemoryTheNextTime()
    {
        Append(1000);
        Assert.True(await _held.SpoolAsync(NewSpool(_directory.Path)));
        _held.Release();
        Assert.False(_held.IsSpooled);
        Assert.Equal(0, _held.Length);
        byte[] body = Append(10);

        Assert.Equal(10, _held.BytesInMemory);
        Assert.Equal(body, await ReadAsync());
    }

    [Fact]
    public async Task Read_AnyPieceOfABodyThatGrewInAnyWay_IsThatPartOfIt()
    {
        Spool spool = NewSpool(_directory.Path);
        var model = new MemoryStream();
        for (int step = 0; step < 300; step++)
        {
            if (_random.Next(8) == 0)
            {
                Assert.True(await _held.SpoolAsync(spool));
            }
            else
            {
                model.Write(Append(_random.Next(1, 4000)));
            }

            Assert.Equal(model.Length, _held.Length);
            Assert.Equal(_held.Length, _held.BytesInMemory + spool.Used);
            if (_held.Length > 0)
            {
                int at = _random.Next((int)_held.Length);
                int limit = _random.Next(1, 100_000);
                byte[] piece = (await _held.ReadAsync(at, limit)).ToArray();
                Assert.InRange(piece.Length, 1, limit);
                Assert.True(model.GetBuffer().AsSpan(at, piece.Length).SequenceEqual(piece), $"step {step}: {piece.Length} bytes at {at}");
            }
        }
    }

    private byte[] Append(int size)
    {
        byte[] data = new byte[size];
        _random.NextBytes(data);
        Assert.True(_held.TryAppend(new ReadOnlySequence<byte>(data)));
        return data;
    }

    private async Task<byte[]> ReadAsync()
    {
        var result = new MemoryStream();
        while (result.Length < _held.Length)
        {
            result.Write((await _held.ReadAsync(result.Length, 50_000)).Span);
        }

        return result.ToArray();
    }

    private static Spool NewSpool(string directory) => new([directory], 10_000_000, TimeProvider.System, NullLogger.Instance);
}
