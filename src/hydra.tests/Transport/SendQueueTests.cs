using System.Text;
using Hydra.Primitives;
using Hydra.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>The bytes between a writer and the kernel, on a pair of sockets and without a connection.</summary>
public sealed class SendQueueTests : IDisposable
{
    private readonly EventLoop? _loop;
    private readonly int _near;
    private int _far;
    private SendQueue _queue;

    public unsafe SendQueueTests()
    {
        if (OperatingSystem.IsLinux())
        {
            _loop = new EventLoop(0, NullLogger.Instance);
            int* pair = stackalloc int[2];
            Assert.Equal(0, LoopSyscalls.SocketPair(pair));
            (_near, _far) = (pair[0], pair[1]);
        }
    }

    private BlockPool Pool => _loop!.Blocks;

    public void Dispose()
    {
        if (_loop is not null)
        {
            _ = LibC.Close(_near);
            CloseFar();
            _loop.Dispose();
        }
    }

    [LinuxFact]
    public Task Written_IsSentOnlyOnceItIsCommitted()
    {
        Write("abc");
        Assert.Equal(3, _queue.Unflushed);
        Assert.False(_queue.HasUnsent || _queue.CanSend);
        _queue.Commit(Pool);
        Assert.True(_queue.HasUnsent && _queue.CanSend);
        Assert.Equal(0, _queue.Send(_near, Pool));
        Assert.Equal("abc", Receive());
        Assert.True(_queue.IsAtRest);
        Assert.Null(_queue.Tail);
        return Task.CompletedTask;
    }

    [LinuxFact]
    public Task Send_KernelTakesNoMore_GoesOnWhereItStopped()
    {
        string text = string.Concat(Enumerable.Repeat("0123456789", 100_000));
        Write(text);
        _queue.Commit(Pool);
        Assert.Equal(0, _queue.Send(_near, Pool));
        Assert.True(_queue.IsBlocked && _queue.HasUnsent);
        Assert.False(_queue.CanSend);

        var received = new StringBuilder();
        while (received.Length < text.Length)
        {
            received.Append(Receive());
            Assert.Equal(0, _queue.Send(_near, Pool));
        }

        Assert.Equal(text, received.ToString());
        Assert.True(_queue.IsAtRest);
        return Task.CompletedTask;
    }

    [LinuxFact]
    public Task Send_OtherSideIsGone_ReturnsTheErrorAndForgetsAll()
    {
        CloseFar();
        Write("abc");
        _queue.Commit(Pool);
        Assert.NotEqual(0, _queue.Send(_near, Pool));
        Assert.True(_queue.IsDead);
        Assert.False(_queue.HasUnsent || _queue.IsBlocked);

        // Whoever goes on writing harms nobody, and his blocks come back.
        Write("def");
        _queue.Commit(Pool);
        Assert.False(_queue.CanSend);
        Assert.Null(_queue.Tail);
        return Task.CompletedTask;
    }

    [LinuxFact]
    public Task TryEnqueue_Twice_IsQueuedOnce()
    {
        Assert.True(_queue.TryEnqueue());
        Assert.False(_queue.TryEnqueue());
        Assert.False(_queue.IsAtRest);
        _queue.Dequeue();
        Assert.True(_queue.TryEnqueue());
        return Task.CompletedTask;
    }

    [LinuxFact]
    public unsafe Task EndCall_KernelTookAPart_SendsTheRestAndWhatCameMeanwhile()
    {
        Write("abcdef");
        _queue.Commit(Pool);
        Assert.True(_queue.TryBeginCall(out byte* data, out int length));
        Assert.Equal(6, length);
        Assert.Equal((byte)'a', *data);
        Assert.True(_queue.IsBlocked);
        Assert.False(_queue.TryBeginCall(out _, out _));
        Write("ghi");
        _queue.Commit(Pool);

        Assert.Equal(2, LoopSyscalls.Send(_near, data, 2));
        Assert.Equal(0, _queue.EndCall(2, _near, Pool));
        Assert.Equal("abcdefghi", Receive());
        Assert.True(_queue.IsAtRest);
        return Task.CompletedTask;
    }

    [LinuxTheory]
    [InlineData(IoUring.NotDone)]
    [InlineData(-LoopSyscalls.EIntr)]
    public unsafe Task EndCall_KernelDidNotDoIt_Sends(int result)
    {
        Write("abc");
        _queue.Commit(Pool);
        Assert.True(_queue.TryBeginCall(out _, out _));
        Assert.Equal(0, _queue.EndCall(result, _near, Pool));
        Assert.Equal("abc", Receive());
        return Task.CompletedTask;
    }

    [LinuxFact]
    public unsafe Task EndCall_KernelIsFull_WaitsForItsWord()
    {
        Write("abc");
        _queue.Commit(Pool);
        Assert.True(_queue.TryBeginCall(out _, out _));
        Assert.Equal(0, _queue.EndCall(-LoopSyscalls.EAgain, _near, Pool));
        Assert.True(_queue.IsBlocked && _queue.HasUnsent);
        return Task.CompletedTask;
    }

    [LinuxFact]
    public unsafe Task Die_WhileTheKernelReads_KeepsTheBlockUntilTheCallHasEnded()
    {
        Write("abc");
        _queue.Commit(Pool);
        Assert.True(_queue.TryBeginCall(out _, out _));
        _queue.Die(Pool);
        Assert.NotNull(_queue.Tail);
        Assert.Equal(0, _queue.EndCall(3, _near, Pool));
        Assert.Null(_queue.Tail);
        return Task.CompletedTask;
    }

    [LinuxFact]
    public Task Die_WhileTheWriterHoldsMemory_KeepsItUntilTheCommit()
    {
        Block leased = _queue.Lease(10, Pool);
        _queue.Die(Pool);
        Assert.Same(leased, _queue.Tail);
        _queue.Commit(Pool);
        Assert.Null(_queue.Tail);
        return Task.CompletedTask;
    }

    [LinuxFact]
    public Task TryComplete_Twice_OnlyTheFirstCommits()
    {
        Write("abc");
        Assert.True(_queue.TryComplete(Pool));
        Assert.True(_queue.IsCompleted && _queue.CanSend);
        Assert.False(_queue.TryComplete(Pool));
        return Task.CompletedTask;
    }

    [LinuxFact]
    public Task Collect_OutsideTheReadersCode_IsRefused()
    {
        Assert.False(_queue.TryCollect());
        Assert.False(_queue.EndCollecting());
        _queue.BeginCollecting();
        Assert.True(_queue.TryCollect());
        Assert.True(_queue.EndCollecting());
        Assert.False(_queue.EndCollecting());
        return Task.CompletedTask;
    }

    // Once: the number may be another test's by the second time.
    private void CloseFar()
    {
        if (_far >= 0)
        {
            _ = LibC.Close(_far);
            _far = -1;
        }
    }

    private void Write(string text)
    {
        ReadOnlySpan<byte> rest = Encoding.ASCII.GetBytes(text);
        while (rest.Length > 0)
        {
            Block block = _queue.Lease(1, Pool);
            int count = Math.Min(rest.Length, block.Room);
            rest[..count].CopyTo(block.Bytes.AsSpan(block.End));
            _queue.Advance(count);
            rest = rest[count..];
        }
    }

    private unsafe string Receive()
    {
        byte[] buffer = new byte[64 * 1024];
        fixed (byte* target = buffer)
        {
            int received = LoopSyscalls.Receive(_far, target, buffer.Length);
            Assert.True(received > 0);
            return Encoding.ASCII.GetString(buffer, 0, received);
        }
    }
}
