using System.Buffers;
using System.Text;
using Hydra.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>The blocks between the kernel and a reader, without either.</summary>
public sealed class ReceivedBlocksTests : IDisposable
{
    private readonly EventLoop? _loop = OperatingSystem.IsLinux() ? new EventLoop(0, NullLogger.Instance) : null;
    private ReceivedBlocks _blocks;

    private BlockPool Pool => _loop!.Blocks;

    public void Dispose() => _loop?.Dispose();

    [LinuxFact]
    public Task Add_ShortReceives_ShareABlockWhileThereIsRoom()
    {
        Assert.True(_blocks.IsEmpty);
        Assert.False(Receive("abc"));
        Assert.False(Receive("def"));
        Assert.Equal("abcdef", Text());
        Assert.True(_blocks.Sequence.IsSingleSegment);
        Assert.Equal(1, Pool.Made);
        return Task.CompletedTask;
    }

    [LinuxFact]
    public Task Add_FullBlock_IsFollowedByALargeOne()
    {
        Assert.True(Receive(new string('a', BlockPool.SmallSize)));
        Block block = _blocks.RoomFor(Pool, out bool isFresh);
        Assert.True(isFresh);
        Assert.Equal(BlockPool.LargeSize, block.Bytes.Length);
        Assert.False(_blocks.Add(block, isFresh, 0, Pool));
        return Task.CompletedTask;
    }

    [LinuxFact]
    public Task RoomFor_WhatComesBehindMuch_IsLargeUntilLittleComes()
    {
        Receive(new string('a', BlockPool.SmallSize));
        Receive(new string('a', BlockPool.SmallSize + 1));
        _blocks.Clear(Pool);
        Assert.Equal(BlockPool.LargeSize, Room());
        Receive("abc");
        _blocks.Clear(Pool);
        Assert.Equal(BlockPool.SmallSize, Room());
        return Task.CompletedTask;
    }

    [LinuxTheory]
    [InlineData(0)]
    [InlineData(-LoopSyscalls.EAgain)]
    public Task Add_Nothing_GivesTheBlockBack(int received)
    {
        Block block = _blocks.RoomFor(Pool, out bool isFresh);
        Assert.False(_blocks.Add(block, isFresh, received, Pool));
        Assert.True(_blocks.IsEmpty);
        Assert.Same(block, Pool.Rent(1));
        return Task.CompletedTask;
    }

    [LinuxFact]
    public Task Consume_AcrossBlocks_CountsAndGivesBackWhatIsThrough()
    {
        string text = new string('a', BlockPool.SmallSize) + "bcd";
        Receive(text[..BlockPool.SmallSize]);
        Receive("bcd");
        SequencePosition position = _blocks.Sequence.GetPosition(BlockPool.SmallSize + 1);
        Assert.False(_blocks.IsEnd(position));
        Assert.Equal(BlockPool.SmallSize + 1, _blocks.Consume(position, Pool));
        Assert.Equal("cd", Text());

        SequencePosition end = _blocks.Sequence.End;
        Assert.True(_blocks.IsEnd(end));
        Assert.Equal(2, _blocks.Consume(end, Pool));
        Assert.True(_blocks.IsEmpty);
        return Task.CompletedTask;
    }

    [LinuxFact]
    public Task IsEnd_OfNothing_IsTrueForEveryPosition()
    {
        Assert.True(_blocks.IsEnd(default));
        Assert.Equal(0, _blocks.Consume(default, Pool));
        Assert.True(_blocks.IsEmpty);
        return Task.CompletedTask;
    }

    [LinuxFact]
    public unsafe Task TryPrepare_AfterAFullBlock_LeavesItToACallOfItsOwn()
    {
        Assert.True(_blocks.TryPrepare(Pool, out byte* target, out int room));
        Assert.Equal(BlockPool.SmallSize, room);
        *target = (byte)'x';
        Block block = _blocks.TakePrepared(out bool isFresh);
        Assert.False(_blocks.Add(block, isFresh, 1, Pool));
        Assert.Equal("x", Text());

        Receive(new string('a', room - 1));
        Assert.False(_blocks.TryPrepare(Pool, out _, out _));
        return Task.CompletedTask;
    }

    [LinuxFact]
    public unsafe Task TakePrepared_OfABlockThatTheReaderHas_SaysSo()
    {
        Receive("abc");
        Assert.True(_blocks.TryPrepare(Pool, out _, out int room));
        Assert.Equal(BlockPool.SmallSize - 3, room);
        _blocks.TakePrepared(out bool isFresh);
        Assert.False(isFresh);
        return Task.CompletedTask;
    }

    private bool Receive(string text)
    {
        Block block = _blocks.RoomFor(Pool, out bool isFresh);
        Encoding.ASCII.GetBytes(text).CopyTo(block.Bytes, block.End);
        return _blocks.Add(block, isFresh, text.Length, Pool);
    }

    private int Room()
    {
        Block block = _blocks.RoomFor(Pool, out bool isFresh);
        _blocks.Add(block, isFresh, 0, Pool);
        return block.Bytes.Length;
    }

    private string Text() => Encoding.ASCII.GetString(_blocks.Sequence.ToArray());
}
