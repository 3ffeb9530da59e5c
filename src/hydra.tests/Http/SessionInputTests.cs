using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class SessionInputTests : IDisposable
{
    private const int Window = 1000;

    private readonly SessionPair _pair = new();
    private readonly List<(string Data, FrameFlags Flags)> _sent = [];
    private readonly MemoryBudget _memory = new(20_000);
    private readonly SessionInput _input;

    public SessionInputTests() => _input = new SessionInput(
        (in ReadOnlySequence<byte> data, FrameFlags flags) =>
        {
            lock (_sent)
            {
                _sent.Add((Encoding.UTF8.GetString(data.ToArray()), flags));
            }
        },
        maxMessage: 3000,
        Window,
        _memory);

    [Fact]
    public async Task RunAsync_Messages_GoOnAsTheyAre()
    {
        Task<SessionEnd> run = _input.RunAsync(_pair.Input, _pair.Wire, deflates: false);
        await SendAsync("text", WebSocketMessageType.Text);
        await SendAsync("", WebSocketMessageType.Binary);
        await SendAsync("ab", WebSocketMessageType.Binary, end: false);
        await SendAsync("c", WebSocketMessageType.Binary);
        await _pair.Client.CloseOutputAsync((WebSocketCloseStatus)4000, "bye", CancellationToken.None);

        Assert.Equal(4000, (await run).Code);
        Assert.Equal(("text", FrameFlags.Text), Sent()[0]);
        Assert.Equal(("", FrameFlags.None), Sent()[1]);
        Assert.Equal("abc", string.Concat(Sent().Skip(2).Select(static part => part.Data)));
        Assert.Equal(FrameFlags.More, Sent()[2].Flags);
        Assert.Equal(FrameFlags.None, Sent()[^1].Flags);
        Assert.Equal(0, _memory.Used);
    }

    [Fact]
    public async Task RunAsync_CreditUsedUp_WaitsForMore()
    {
        Task<SessionEnd> run = _input.RunAsync(_pair.Input, _pair.Wire, deflates: false);
        await SendAsync(new string('x', 1500), WebSocketMessageType.Text);
        await Eventually.HoldsAsync(() => Length() == Window - ProtocolLimits.DataCost, "as much as there is credit for");
        Assert.All(Sent(), static part => Assert.Equal(FrameFlags.Text | FrameFlags.More, part.Flags));
        Assert.False(run.IsCompleted);

        Assert.True(_input.Grant(Window));
        await Eventually.HoldsAsync(() => Length() == 1500, "the rest");
        Assert.Equal(FrameFlags.Text, Sent()[^1].Flags);
        Assert.False(_input.Grant(Window), "more than was used");
    }

    [Fact]
    public async Task RunAsync_MessageTooLong_Is1009()
    {
        Task<SessionEnd> run = _input.RunAsync(_pair.Input, _pair.Wire, deflates: false);
        _input.Stop();
        await SendAsync(new string('x', 3001), WebSocketMessageType.Text);

        Assert.Equal(1009, (await run).Code);
    }

    [Fact]
    public async Task RunAsync_NoMemoryForOneThatIsSlow_Is1013()
    {
        Assert.True(_memory.TryTake(20_000));
        Task<SessionEnd> run = _input.RunAsync(_pair.Input, _pair.Wire, deflates: false);

        // The head of a text of 100 bytes, masked, and nothing of them.
        await _pair.Sent.WriteAsync(new byte[] { 0x81, 0x80 | 100, 0, 0, 0, 0 });

        Assert.Equal(1013, (await run).Code);
    }

    [Fact]
    public async Task Lose_ApplicationTakesNothing_GivesWhatThereIsCreditForAndEnds()
    {
        Task<SessionEnd> run = _input.RunAsync(_pair.Input, _pair.Wire, deflates: false);
        await SendAsync(new string('x', 1500), WebSocketMessageType.Text);
        await Eventually.HoldsAsync(() => _input.IsWaiting, "the wait for credit");
        int before = Length();
        _input.Lose();
        await _pair.Client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);

        Assert.Equal(1000, (await run).Code);
        Assert.Equal(before, Length());
    }

    [Fact]
    public async Task Lose_ApplicationTakesAll_GivesIt()
    {
        Task<SessionEnd> run = _input.RunAsync(_pair.Input, _pair.Wire, deflates: false);
        _input.Lose();
        await SendAsync(new string('x', 500), WebSocketMessageType.Text);
        await _pair.Client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);

        Assert.Equal(1000, (await run).Code);
        Assert.Equal(500, Length());
    }

    [Fact]
    public async Task Stop_ApplicationHasClosed_ReadsOnAndDrops()
    {
        Task<SessionEnd> run = _input.RunAsync(_pair.Input, _pair.Wire, deflates: false);
        _input.Stop();
        for (int i = 0; i < 10; i++)
        {
            await SendAsync(new string('x', 500), WebSocketMessageType.Text);
        }

        await _pair.Client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);

        Assert.Equal(1000, (await run).Code);
        Assert.Empty(Sent());
    }

    [Fact]
    public async Task RunAsync_ClientLeaves_Is1006()
    {
        Task<SessionEnd> run = _input.RunAsync(_pair.Input, _pair.Wire, deflates: false);
        await _pair.Sent.CompleteAsync();

        Assert.Equal(1006, (await run).Code);
    }

    public void Dispose() => _pair.Dispose();

    private Task SendAsync(string text, WebSocketMessageType type, bool end = true)
        => _pair.Client.SendAsync(Encoding.UTF8.GetBytes(text), type, end, CancellationToken.None);

    private int Length() => Sent().Sum(static part => part.Data.Length);

    private List<(string Data, FrameFlags Flags)> Sent()
    {
        lock (_sent)
        {
            return [.. _sent];
        }
    }
}
