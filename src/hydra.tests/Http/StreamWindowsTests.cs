using System.Buffers;
using System.Buffers.Binary;
using Hydra.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary><see cref="StreamWindows"/>: a response that its client leaves no room for is aborted, and no other.</summary>
public sealed class StreamWindowsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly OneShotTime _time = new();
    private readonly StreamWindows _windows;

    public StreamWindowsTests() => _windows = new StreamWindows(Patience, _time);

    public void Dispose() => _windows.Dispose();

    [Fact]
    public void Stream_WithoutRoomForTooLong_IsAbortedAndItsNeighbourIsNot()
    {
        Aborted stuck = Begin(1), fine = Begin(3);
        _windows.OnSent(1, 0, isLast: false);
        _windows.OnSent(3, 0, isLast: false);
        _windows.OnCredit(0, 1_000_000);
        _windows.OnSent(1, 65535, isLast: false);
        _windows.OnSent(3, 65534, isLast: false);
        _time.Advance(Patience - TimeSpan.FromSeconds(1));
        Assert.False(stuck.Is);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(stuck.Is);
        Assert.False(fine.Is);
    }

    [Fact]
    public void Stream_ThatIsGivenALittle_HasItsTimeAnew()
    {
        Aborted slow = Begin(1);
        _windows.OnSent(1, 65535, isLast: false);
        _windows.OnCredit(0, 1_000_000);
        for (int i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(50));
            _windows.OnCredit(1, 10);
            _windows.OnSent(1, 10, isLast: false);
        }

        Assert.False(slow.Is);
        _time.Advance(Patience + TimeSpan.FromSeconds(1));
        Assert.True(slow.Is);
    }

    [Fact]
    public void Stream_ThatHasRoomAgain_IsNotAborted()
    {
        Aborted stream = Begin(1);
        _windows.OnSent(1, 65535, isLast: false);
        _windows.OnCredit(1, 1);
        _windows.OnCredit(0, 1);
        _time.Advance(10 * Patience);

        Assert.False(stream.Is);
    }

    [Fact]
    public void Connection_WithoutRoom_AbortsWhatHasBegun()
    {
        Aborted first = Begin(1), second = Begin(3), waiting = Begin(5);
        _windows.OnSent(3, 0, isLast: false);
        _windows.OnSent(1, 65535, isLast: false);
        _windows.OnCredit(1, 1_000_000);
        _time.Advance(Patience);

        Assert.True(first.Is && second.Is);
        Assert.False(waiting.Is);
    }

    [Fact]
    public void Window_ThatTheClientMakesSmaller_CountsForWhatIsOpen()
    {
        Aborted stream = Begin(1);
        _windows.OnSent(1, 100, isLast: false);
        _windows.OnInitial(100);
        _time.Advance(Patience);

        Assert.True(stream.Is);
    }

    [Fact]
    public void Window_OfNothingFromTheStart_CountsOnceTheAnswerBegins()
    {
        _windows.OnInitial(0);
        Aborted stream = Begin(1);
        _time.Advance(10 * Patience);
        Assert.False(stream.Is);
        _windows.OnSent(1, 0, isLast: false);
        _time.Advance(Patience);

        Assert.True(stream.Is);
    }

    [Theory]
    [InlineData("last")]
    [InlineData("reset")]
    [InlineData("detached")]
    [InlineData("disposed")]
    public void Stream_ThatIsOver_IsNotAborted(string how)
    {
        Aborted stream = Begin(1);
        _windows.OnSent(1, 65535, isLast: false);
        switch (how)
        {
            case "last":
                _windows.OnSent(1, 0, isLast: true);
                break;
            case "reset":
                _windows.OnReset(1);
                break;
            case "detached":
                _windows.Attach(1, null);
                break;
            default:
                _windows.Dispose();
                break;
        }

        _time.Advance(10 * Patience);
        Assert.False(stream.Is);
        Assert.Equal(how == "detached" ? 1 : 0, _windows.Count);
    }

    [Fact]
    public void Stream_OfTrailers_IsNoNewOne()
    {
        Begin(1);
        _windows.OnSent(1, 0, isLast: true);
        _windows.OnRequested(1);

        Assert.Equal(0, _windows.Count);
    }

    [Fact]
    public void Patience_OfNothing_IsForEver()
    {
        using var windows = new StreamWindows(TimeSpan.Zero, _time);
        Aborted stream = Begin(1, windows);
        windows.OnSent(1, 65535, isLast: false);
        _time.Advance(1000 * Patience);

        Assert.False(stream.Is);
    }

    // Frames of both directions, cut anywhere.
    [Fact]
    public void Frames_AtEverySplit_SayTheSame()
    {
        byte[] preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();
        byte[] received =
        [
            .. preface,
            .. Frame(4, 0, 0, [0, 3, 0, 0, 0, 9, 0, 4, 0, 0, 0, 50]),
            .. Frame(4, 1, 0, []),
            .. Frame(1, 5, 1, [1, 2, 3]),
            .. Frame(1, 5, 3, [1, 2, 3]),
            .. Frame(8, 0, 3, [0, 0, 0, 50]),
            .. Frame(1, 5, 5, [1]),
            .. Frame(3, 0, 5, [0, 0, 0, 8]),
        ];
        byte[] sent = [.. Frame(4, 0, 0, []), .. Frame(1, 4, 1, [7, 7]), .. Frame(0, 0, 1, new byte[50]), .. Frame(1, 4, 3, [7]), .. Frame(0, 0, 3, new byte[50])];
        for (int split = 1; split < sent.Length; split++)
        {
            using var windows = new StreamWindows(Patience, _time);
            var watch = new FrameWatch(100, _time, windows);
            int cut = Math.Min(split, received.Length - 1);
            watch.Look(new ReadOnlySequence<byte>(received[..cut]));
            watch.Look(new ReadOnlySequence<byte>(received[cut..]));
            Aborted full = Attach(1, windows), free = Attach(3, windows);
            Assert.Equal(2, windows.Count);
            var frames = new SentFrames(windows);
            Assert.Equal(split, frames.Look(new ReadOnlySequence<byte>(sent[..split])));
            Assert.Equal(sent.Length - split, frames.Look(new ReadOnlySequence<byte>(sent[split..])));
            _time.Advance(Patience);
            Assert.True(full.Is);
            Assert.False(free.Is);
        }
    }

    [Fact]
    public void Reset_BehindAnAnswer_BeginsARecordOfItsOwn()
    {
        var frames = new SentFrames(_windows);
        byte[] answer = [.. Frame(1, 4, 1, [1, 2]), .. Frame(0, 1, 1, [1])];
        byte[] reset = Frame(3, 0, 1, [0, 0, 0, 0]);
        byte[] all = [.. answer, .. reset, .. reset];

        Assert.Equal(answer.Length, frames.Look(new ReadOnlySequence<byte>(all)));
        Assert.Equal(reset.Length, frames.Look(new ReadOnlySequence<byte>(all[answer.Length..])));
        Assert.Equal(reset.Length, frames.Look(new ReadOnlySequence<byte>(reset)));
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = [0, 0, 0, type, flags, 0, 0, 0, 0, .. payload];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)payload.Length);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        return frame;
    }

    private static Aborted Attach(int stream, StreamWindows windows)
    {
        var aborted = new Aborted();
        var features = new FeatureCollection();
        features.Set<IHttpRequestLifetimeFeature>(aborted);
        features.Set<IHttpRequestFeature>(new HttpRequestFeature());
        features.Set(new RequestHandlerFeature(static _ => Task.CompletedTask));
        var context = new RequestContext(features);
        context.Begin(features);
        windows.Attach(stream, context);
        return aborted;
    }

    private Aborted Begin(int stream, StreamWindows? windows = null)
    {
        (windows ?? _windows).OnRequested(stream);
        return Attach(stream, windows ?? _windows);
    }

    private sealed class Aborted : IHttpRequestLifetimeFeature
    {
        public bool Is { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => Is = true;
    }

    // A clock that the test moves. Its timers fire once.
    private sealed class OneShotTime : TimeProvider
    {
        private readonly List<OneShot> _timers = [];
        private long _ticks = TimeSpan.TicksPerHour;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new OneShot(this, callback, state);
            _timers.Add(timer);
            timer.Change(dueTime, period);
            return timer;
        }

        public void Advance(TimeSpan time)
        {
            long end = _ticks + time.Ticks;
            while (_timers.Where(timer => timer.Due <= end).MinBy(static timer => timer.Due) is { } due)
            {
                _ticks = due.Due;
                due.Fire();
            }

            _ticks = end;
        }

        private sealed class OneShot(OneShotTime time, TimerCallback callback, object? state) : ITimer
        {
            public long Due { get; private set; } = long.MaxValue;

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                Due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : time.GetTimestamp() + dueTime.Ticks;
                return true;
            }

            public void Fire()
            {
                Due = long.MaxValue;
                callback(state);
            }

            public void Dispose() => Due = long.MaxValue;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
