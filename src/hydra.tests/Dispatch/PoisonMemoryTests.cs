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
    public async Task OnDeath_TwoWorkersThatCrashed_Convicts()
    {
        Assert.True(_memory.IsEmpty);
        Assert.False(await DieAsync(Segmentation));
        Assert.False(_memory.IsEmpty);
        Assert.False(_memory.IsConvicted(Request));
        Assert.True(await DieAsync(7));

        Assert.True(_memory.IsConvicted(Request));
        Assert.False(_memory.IsConvicted(Request + 1));
    }

    [Fact]
    public async Task OnDeath_OneWorkerTwice_CountsOnce()
    {
        var death = new WorkerDeath(new object(), WasAlone: false, Task.FromResult(Segmentation));
        Assert.False(await _memory.OnDeathAsync(Request, death));
        Assert.False(await _memory.OnDeathAsync(Request, death));
    }

    [Fact]
    public async Task OnDeath_AnsweredInBetween_StartsAnew()
    {
        await DieAsync(Segmentation);
        _memory.OnAnswered(Request);
        Assert.True(_memory.IsEmpty);

        Assert.False(await DieAsync(Segmentation));
        Assert.False(_memory.IsConvicted(Request));
    }

    [Theory]
    [InlineData(Killed, Segmentation)]
    [InlineData(Segmentation, Killed)]
    [InlineData(Killed, Killed)]
    public async Task OnDeath_KilledFromOutsideAmongOthers_DoesNotConvict(int first, int second)
    {
        Assert.False(await DieAsync(first));
        Assert.False(await DieAsync(second));
        Assert.False(_memory.IsConvicted(Request));
    }

    [Fact]
    public async Task OnDeath_KilledFromOutsideButAlone_Convicts()
    {
        await DieAsync(Killed, wasAlone: true);
        Assert.True(await DieAsync(Killed, wasAlone: true));
    }

    [Fact]
    public async Task OnDeath_ExitIsNotKnownYet_WaitsForIt()
    {
        await DieAsync(Segmentation);
        var exit = new TaskCompletionSource<int>();
        Task<bool> convicted = _memory.OnDeathAsync(Request, new WorkerDeath(new object(), WasAlone: false, exit.Task)).AsTask();
        Assert.False(convicted.IsCompleted);
        exit.SetResult(Segmentation);

        Assert.True(await convicted);
    }

    [Fact]
    public async Task IsConvicted_AfterAWhile_GetsAnotherChanceAndOneDeathConvictsAgain()
    {
        await DieAsync(1);
        await DieAsync(1);
        _time.Advance(PoisonMemory.Refusal + TimeSpan.FromSeconds(1));
        Assert.False(_memory.IsConvicted(Request));

        Assert.True(await DieAsync(1));
        Assert.True(_memory.IsConvicted(Request));
    }

    [Fact]
    public async Task OnDeath_LongAfterTheFirst_IsTheFirst()
    {
        await DieAsync(1);
        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.False(await DieAsync(1));
        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.False(_memory.IsConvicted(Request));
        Assert.True(_memory.IsEmpty);
    }

    [Fact]
    public async Task OnDeath_MoreRequestsThanItKeeps_ForgetsTheOldest()
    {
        for (ulong i = 0; i < 3000; i++)
        {
            await _memory.OnDeathAsync(i, new WorkerDeath(new object(), WasAlone: true, Task.FromResult(1)));
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.False(await _memory.OnDeathAsync(0, new WorkerDeath(new object(), WasAlone: true, Task.FromResult(1))));
        Assert.True(await _memory.OnDeathAsync(2999, new WorkerDeath(new object(), WasAlone: true, Task.FromResult(1))));
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

    private ValueTask<bool> DieAsync(int exitCode, bool wasAlone = false)
        => _memory.OnDeathAsync(Request, new WorkerDeath(new object(), wasAlone, Task.FromResult(exitCode)));
}
