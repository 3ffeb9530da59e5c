using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Hydra.Http;
using Hydra.Tests.Dispatch;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary><see cref="FrameWatch"/>, <see cref="FrameBudget"/> and <see cref="WatchedReader"/>: what floods, over every split of it.</summary>
public sealed class FrameWatchTests
{
    private const int Data = 0, Headers = 1, Priority = 2, Reset = 3, Settings = 4, Ping = 6, Goaway = 7, Window = 8, Continuation = 9, Unknown = 77;

    private readonly ManualTime _time = new();

    public static TheoryData<int, int, int, int, bool> Frames => new()
    {
        { Reset, 0, 4, 20, false },
        { Reset, 0, 4, 21, true },
        { Ping, 0, 8, 1000, false },
        { Ping, 0, 8, 1001, true },
        { Ping, 1, 8, 1001, true },
        { Settings, 0, 0, 1001, true },
        { Settings, 1, 0, 1001, true },
        { Data, 8, 1, 1001, true },
        { Unknown, 0, 0, 2000, false },
        { Unknown, 0, 100, 2001, true },
        { Goaway, 0, 8, 2001, true },
        { Window, 0, 3, 100_000, false },
        { Window, 0, 3, 100_001, true },
        { Priority, 0, 5, 1001, true },
        { Data, 0, 0, 1001, true },
        { Data, 1, 0, 5000, false },
        { Data, 0, 1, 5000, false },
        { Continuation, 0, 0, 1001, true },
        { Continuation, 4, 0, 5000, false },
        { Continuation, 0, 1, 5000, false },
        { Headers, 5, 20, 5000, false },
    };

    [Theory]
    [MemberData(nameof(Frames))]
    public void Look_ManyFramesOfAKind_AreAFloodBeyondTheirNumber(int type, int flags, int length, int count, bool isFlood)
    {
        var watch = new FrameWatch(maxStreams: 10, _time);
        watch.Look(Preface());
        for (int i = 0; i < count; i++)
        {
            watch.Look(Frame(type, flags, length));
        }

        Assert.Equal(isFlood, watch.IsFlooded);
    }

    // Credit that each of so many updates gives.
    [Theory]
    [InlineData(1, 10_000, false)]
    [InlineData(1, 10_001, true)]
    [InlineData(0, 10_001, true)]
    [InlineData(1023, 10_001, true)]
    [InlineData(1024, 100_000, false)]
    [InlineData(1024, 100_001, true)]
    [InlineData(int.MinValue + 1, 10_001, true)]
    public void Look_ManyUpdatesOfWindows_AreAFloodWhereTheyGiveLittle(int credit, int count, bool isFlood)
    {
        byte[] contents = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(contents, credit);
        byte[] frame = [0, 0, 4, Window, 0, 0, 0, 0, 1, .. contents];
        var watch = new FrameWatch(maxStreams: 10, _time);
        watch.Look(Preface());
        for (int i = 0; i < count; i++)
        {
            watch.Look(new ReadOnlySequence<byte>(frame, 0, 1 + (i % 12)));
            watch.Look(new ReadOnlySequence<byte>(frame, 1 + (i % 12), 12 - (i % 12)));
        }

        Assert.Equal(isFlood, watch.IsFlooded);
    }

    // What is padded, and how much of it is no padding.
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Look_DataOfPaddingAlone_CarriesNothing(int carried, bool isFlood)
    {
        byte[] frame = [0, 0, (byte)(1 + 5 + carried), Data, 8, 0, 0, 0, 1, 5, .. new byte[5 + carried]];
        var watch = new FrameWatch(maxStreams: 10, _time);
        watch.Look(Preface());
        for (int i = 0; i < 1001; i++)
        {
            watch.Look(new ReadOnlySequence<byte>(frame));
        }

        Assert.Equal(isFlood, watch.IsFlooded);
    }

    [Fact]
    public void Look_ResetsAsTimePasses_AreAsManyASecondAsStreams()
    {
        var watch = new FrameWatch(maxStreams: 10, _time);
        watch.Look(Preface());
        for (int second = 0; second < 100; second++)
        {
            for (int i = 0; i < 10; i++)
            {
                watch.Look(Frame(Reset, 0, 4));
            }

            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(watch.IsFlooded);
    }

    [Fact]
    public void Look_AnySplit_CountsTheSame()
    {
        byte[] all = [.. Preface().ToArray(), .. Enumerable.Range(0, 21).SelectMany(i => Frame(i % 2 == 0 ? Reset : Headers, 0, i).ToArray()), .. Enumerable.Range(0, 10).SelectMany(_ => Frame(Reset, 0, 4).ToArray())];
        for (int size = 1; size < 64; size++)
        {
            var watch = new FrameWatch(maxStreams: 10, _time);
            for (int at = 0; at < all.Length; at += size)
            {
                // The head of the last frame is what is too much.
                Assert.True(!watch.IsFlooded || at >= all.Length - 4);
                watch.Look(new ReadOnlySequence<byte>(all, at, Math.Min(size, all.Length - at)));
            }

            Assert.True(watch.IsFlooded);
        }
    }

    [Fact]
    public void Look_AnyBytes_AreBorne()
    {
        var random = new Random(9);
        byte[] bytes = new byte[300];
        for (int i = 0; i < 5000; i++)
        {
            var watch = new FrameWatch(maxStreams: 1, _time);
            random.NextBytes(bytes);
            int cut = random.Next(bytes.Length);
            watch.Look(new ReadOnlySequence<byte>(bytes, 0, cut));
            watch.Look(new ReadOnlySequence<byte>(bytes, cut, bytes.Length - cut));
        }
    }

    [Fact]
    public async Task Reader_Flooded_EndsOnceAndTellsSo()
    {
        var pipe = new Pipe();
        int told = 0;
        var reader = new WatchedReader(pipe.Reader, new FrameWatch(maxStreams: 1, _time), () => told++);
        await pipe.Writer.WriteAsync(Preface().ToArray());
        ReadResult read = await reader.ReadAsync();
        Assert.Equal(24, read.Buffer.Length);
        reader.AdvanceTo(read.Buffer.GetPosition(20), read.Buffer.End);

        await pipe.Writer.WriteAsync(Frame(Reset, 0, 4).ToArray());
        read = await reader.ReadAsync();
        Assert.Equal((17, false), (read.Buffer.Length, read.IsCompleted));
        reader.AdvanceTo(read.Buffer.End);
        for (int i = 0; i < 2; i++)
        {
            await pipe.Writer.WriteAsync(Frame(Reset, 0, 4).ToArray());
        }

        for (int i = 0; i < 2; i++)
        {
            read = await reader.ReadAsync();
            Assert.Equal((0, true), (read.Buffer.Length, read.IsCompleted));
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
        }

        Assert.Equal(1, told);
    }

    [Fact]
    public void Budget_Spent_ComesBackAsTimePasses()
    {
        var budget = new FrameBudget(burst: 2, rate: 10, _time);
        Assert.Equal([true, true, false], [budget.TryTake(), budget.TryTake(), budget.TryTake()]);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal([true, false], [budget.TryTake(), budget.TryTake()]);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal([true, true, false], [budget.TryTake(), budget.TryTake(), budget.TryTake()]);
    }

    private static ReadOnlySequence<byte> Preface() => new("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());

    private static ReadOnlySequence<byte> Frame(int type, int flags, int length)
    {
        byte[] frame = new byte[9 + length];
        BinaryPrimitives.WriteInt32BigEndian(frame, length << 8);
        (frame[3], frame[4], frame[8]) = ((byte)type, (byte)flags, 1);
        return new ReadOnlySequence<byte>(frame);
    }
}
