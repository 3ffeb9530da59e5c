using System.Buffers;
using Hydra.Dispatch;
using Hydra.Protocol;
using Xunit;

namespace Hydra.Tests.Dispatch;

public class PoisonMemoryTests
{
    private const ulong Request = 7;
    private const int Segmentation = 128 + 11;
    private const int Killed = 128 + 9;

    private readonly ManualTime _time = new();
    private readonly PoisonMemory _memory;

    public PoisonMemoryTests() => _memory = new PoisonMemory(_time);

    [Fact]
    public async Task OnDeath_SecondWorkerThatWasKeptForIt_Convicts()
    {
        Assert.True(_memory.IsEmpty);
        Assert.Equal(Verdict.Free, _memory.Judge(Request));
        Assert.Equal(Verdict.Suspect, await DieAsync(Segmentation));
        Assert.False(_memory.IsEmpty);
        Assert.Equal(Verdict.Suspect, _memory.Judge(Request));
        Assert.Equal(Verdict.Convicted, await DieAsync(7, wasAlone: true, wasKept: true));

        Assert.Equal(Verdict.Convicted, _memory.Judge(Request));
        Assert.Equal(Verdict.Free, _memory.Judge(Request + 1));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task OnDeath_NotAloneOrNotKept_NeverConvicts(bool wasAlone, bool wasKept)
    {
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(Verdict.Suspect, await DieAsync(Segmentation, wasAlone, wasKept));
            Assert.Equal(Verdict.Suspect, _memory.Judge(Request));
        }
    }

    [Fact]
    public async Task OnDeath_OneWorkerTwice_CountsOnce()
    {
        var death = new WorkerDeath(new object(), WasAlone: true, WasKept: true, Task.FromResult(Segmentation));
        Assert.Equal(Verdict.Suspect, await _memory.OnDeathAsync(Request, death));
        Assert.Equal(Verdict.Suspect, await _memory.OnDeathAsync(Request, death));
    }

    [Fact]
    public async Task OnDeath_AnsweredInBetween_StartsAnew()
    {
        await DieAsync(Segmentation);
        Assert.True(_memory.OnAnswered(Request));
        Assert.False(_memory.OnAnswered(Request));
        Assert.True(_memory.IsEmpty);

        Assert.Equal(Verdict.Suspect, await DieAsync(Segmentation, wasAlone: true, wasKept: true));
    }

    [Fact]
    public async Task OnDeath_KilledFromOutsideAmongOthers_IsNotHeldAgainstIt()
    {
        Assert.Equal(Verdict.Free, await DieAsync(Killed));
        Assert.True(_memory.IsEmpty);
    }

    [Fact]
    public async Task OnDeath_KilledFromOutsideButAlone_Counts()
    {
        Assert.Equal(Verdict.Suspect, await DieAsync(Killed, wasAlone: true));
        Assert.Equal(Verdict.Convicted, await DieAsync(Killed, wasAlone: true, wasKept: true));
    }

    [Fact]
    public async Task OnDeath_ExitIsNotKnownYet_WaitsForIt()
    {
        var exit = new TaskCompletionSource<int>();
        Task<Verdict> verdict = _memory.OnDeathAsync(Request, new WorkerDeath(new object(), false, false, exit.Task)).AsTask();
        Assert.False(verdict.IsCompleted);
        exit.SetResult(Segmentation);

        Assert.Equal(Verdict.Suspect, await verdict);
    }

    [Fact]
    public async Task Judge_Convicted_IsTriedOnceASecondAndAfterEachDeathHalfAsOften()
    {
        await ConvictAsync();
        Assert.Equal(Verdict.Convicted, _memory.Judge(Request));
        for (int seconds = 1; seconds <= 128; seconds *= 2)
        {
            var pause = TimeSpan.FromSeconds(Math.Min(seconds, PoisonMemory.LongestPause.TotalSeconds));
            _time.Advance(pause - TimeSpan.FromMilliseconds(1));
            Assert.Equal(Verdict.Convicted, _memory.Judge(Request));
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal(Verdict.Convicted, _memory.Judge(Request, mayTry: false));
            Assert.Equal(Verdict.Suspect, _memory.Judge(Request));
            Assert.Equal(Verdict.Convicted, _memory.Judge(Request));
            Assert.Equal(Verdict.Convicted, await DieAsync(1, wasAlone: true, wasKept: true));
        }
    }

    [Fact]
    public async Task Judge_TriedAndAnswered_IsFree()
    {
        await ConvictAsync();
        _time.Advance(PoisonMemory.ShortestPause);
        Assert.Equal(Verdict.Suspect, _memory.Judge(Request));
        _memory.OnAnswered(Request);

        Assert.Equal(Verdict.Free, _memory.Judge(Request));
    }

    [Fact]
    public async Task OnDeath_LongAfterTheFirst_IsTheFirst()
    {
        await DieAsync(1);
        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(Verdict.Suspect, await DieAsync(1, wasAlone: true, wasKept: true));
        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(Verdict.Free, _memory.Judge(Request));
        Assert.True(_memory.IsEmpty);
    }

    [Fact]
    public async Task OnDeath_MoreRequestsThanItKeeps_ForgetsTheOldest()
    {
        for (ulong i = 0; i < 3000; i++)
        {
            await _memory.OnDeathAsync(i, new WorkerDeath(new object(), true, true, Task.FromResult(1)));
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(Verdict.Suspect, await _memory.OnDeathAsync(0, new WorkerDeath(new object(), true, true, Task.FromResult(1))));
        Assert.Equal(Verdict.Convicted, await _memory.OnDeathAsync(2999, new WorkerDeath(new object(), true, true, Task.FromResult(1))));
    }

    [Fact]
    public void Fingerprint_SameRequestOnAnotherConnectionAndAttempt_IsTheSame()
    {
        ulong first = Fingerprint("/a", "http\01.1\0::1\05000\0::1\080", "host\0a\0x-request-id\01\0traceparent\0x", 0);
        ulong again = Fingerprint("/a", "http\01.1\0::1\05001\0::1\080", "host\0a\0x-request-id\02\0traceparent\0y", 99);

        Assert.Equal(first, again);
    }

    [Theory]
    [InlineData("/b", "host\0a", "body")]
    [InlineData("/a", "host\0b", "body")]
    [InlineData("/a", "host\0a\0cookie\0c", "body")]
    [InlineData("/a", "host\0a", "other body")]
    public void Fingerprint_AnotherRequest_IsAnother(string path, string headers, string body)
        => Assert.NotEqual(Fingerprint("/a", "c", "host\0a", 0, "body"), Fingerprint(path, "c", headers, 0, body));

    private static ulong Fingerprint(string path, string connection, string headers, uint queued, string body = "")
    {
        var frame = new ArrayBufferWriter<byte>();
        new RequestMessage
        {
            QueueMicroseconds = queued,
            Method = "GET"u8,
            RawPath = Bytes(path),
            Connection = Bytes(connection),
            Headers = Bytes(headers),
            Body = Bytes(body),
        }.WriteFrame(frame, FrameFlags.End, queued);
        return RequestFingerprint.Of(frame.WrittenSpan);
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.ASCII.GetBytes(text);

    private async Task ConvictAsync()
    {
        await DieAsync(1);
        Assert.Equal(Verdict.Convicted, await DieAsync(1, wasAlone: true, wasKept: true));
    }

    private ValueTask<Verdict> DieAsync(int exitCode, bool wasAlone = false, bool wasKept = false)
        => _memory.OnDeathAsync(Request, new WorkerDeath(new object(), wasAlone, wasKept, Task.FromResult(exitCode)));
}
