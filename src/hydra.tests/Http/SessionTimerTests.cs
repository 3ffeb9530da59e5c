using System.Buffers;
using System.IO.Pipelines;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class SessionTimerTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(20);

    private readonly SessionPair _pair = new();
    private readonly TaskCompletionSource _expired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SessionInput _input = new(
        static (in ReadOnlySequence<byte> _, FrameFlags _) => { }, maxMessage: 0, window: 100, new MemoryBudget(100_000));

    private SessionTimer? _timer;

    [Fact]
    public async Task Ping_NoAnswer_Expires()
    {
        Start(new SessionBounds { PingInterval = Soon, PingTimeout = Soon });

        Assert.Equal("8900", Convert.ToHexString(await ReadAsync()));
        await _expired.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Ping_Answered_GoesOn()
    {
        Task<SessionEnd> run = _input.RunAsync(_pair.Input, _pair.Wire, deflates: false);
        Start(new SessionBounds { PingInterval = Soon, PingTimeout = TimeSpan.FromSeconds(2) });
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal("8900", Convert.ToHexString(await ReadAsync()));
            await _pair.Sent.WriteAsync(new byte[] { 0x8A, 0x80, 0, 0, 0, 0 });
        }

        Assert.False(_expired.Task.IsCompleted);
        await _pair.Sent.CompleteAsync();
        await run;
    }

    [Fact]
    public async Task Ping_NoTimeout_IsAskedAgainAndAgain()
    {
        Start(new SessionBounds { PingInterval = Soon, PingTimeout = TimeSpan.Zero });
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("8900", Convert.ToHexString(await ReadAsync()));
        }

        Assert.False(_expired.Task.IsCompleted);
    }

    [Fact]
    public async Task Ping_ClientThatIsNotRead_OwesNoAnswer()
    {
        _ = _input.RunAsync(_pair.Input, _pair.Wire, deflates: false);
        await _pair.Sent.WriteAsync((byte[])[0x82, 0xFE, 0, 200, 0, 0, 0, 0, .. new byte[200]]);
        await Eventually.HoldsAsync(() => _input.IsWaiting, "the input to wait for credit");
        Start(new SessionBounds { PingInterval = Soon, PingTimeout = Soon });
        for (int i = 0; i < 3; i++)
        {
            await ReadAsync();
        }

        Assert.False(_expired.Task.IsCompleted);
    }

    [Fact]
    public async Task BeginClosing_NoAnswer_Expires()
    {
        Start(new SessionBounds { PingInterval = TimeSpan.Zero, CloseTimeout = Soon });
        _timer!.BeginClosing();

        await _expired.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public void Dispose()
    {
        _timer?.Dispose();
        _timer?.BeginClosing();
        _pair.Dispose();
    }

    private void Start(SessionBounds bounds) => _timer = new SessionTimer(_input, _pair.Wire, bounds, () => _expired.TrySetResult());

    private async Task<byte[]> ReadAsync()
    {
        ReadResult read = await _pair.Got.ReadAtLeastAsync(2).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        byte[] bytes = read.Buffer.Slice(0, 2).ToArray();
        _pair.Got.AdvanceTo(read.Buffer.GetPosition(2));
        return bytes;
    }
}
