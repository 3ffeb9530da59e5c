using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>Once as it is, once with compression.</summary>
public abstract class SessionOutputTests(bool deflates) : IDisposable
{
    private readonly SessionPair _pair = new(deflates);
    private readonly List<int> _taken = [];
    private readonly byte[] _noise = RandomNumberGenerator.GetBytes(2000);
    private SessionOutput? _made;
    private int _closed;

    private SessionOutput Output => _made ??= new SessionOutput(cost =>
    {
        lock (_taken)
        {
            _taken.Add(cost);
        }
    });

    [Fact]
    public async Task Add_BeforeThereIsASocket_GoesOutInOrder()
    {
        Output.Add("one"u8, FrameFlags.Text);
        Output.Add("two"u8, FrameFlags.None);
        Attach();
        Output.Add("three"u8, FrameFlags.Text);

        Assert.Equal(("one", WebSocketMessageType.Text), await _pair.ReceiveAsync());
        Assert.Equal(("two", WebSocketMessageType.Binary), await _pair.ReceiveAsync());
        Assert.Equal(("three", WebSocketMessageType.Text), await _pair.ReceiveAsync());
        await Eventually.HoldsAsync(() => Taken() == 11 + (3 * ProtocolLimits.DataCost), "the cost of all to be told");
    }

    [Fact]
    public async Task Add_Parts_AreOneMessage()
    {
        Attach();
        Output.Add("a"u8, FrameFlags.Text | FrameFlags.More);
        Output.Add("b"u8, FrameFlags.Text | FrameFlags.More);
        Output.Add([], FrameFlags.Text);
        Output.Add("whole"u8, FrameFlags.Text);

        Assert.Equal("ab", (await _pair.ReceiveAsync()).Text);
        Assert.Equal("whole", (await _pair.ReceiveAsync()).Text);
    }

    [Theory]
    [InlineData(4001, 4001)]
    [InlineData(1012, 1012)]
    [InlineData(1006, 1000)]
    [InlineData(2000, 1000)]
    public async Task Close_BehindMessages_IsTheLast(int code, int told)
    {
        Attach();
        Output.Add("last"u8, FrameFlags.Text);
        Output.Close((ushort)code, "why"u8);
        Output.Add("late"u8, FrameFlags.Text);

        Assert.Equal("last", (await _pair.ReceiveAsync()).Text);
        Assert.Equal(WebSocketMessageType.Close, (await _pair.ReceiveAsync()).Type);
        Assert.Equal(told, (int)_pair.Client.CloseStatus!);
        Assert.Equal("why", _pair.Client.CloseStatusDescription);
        await Eventually.HoldsAsync(() => Volatile.Read(ref _closed) == 1, "the end to be told");
    }

    [Fact]
    public async Task Add_LongMessagesWholeAndInParts_ComeAsTheyAre()
    {
        Attach();
        byte[] noise = new byte[3000];
        new Random(1).NextBytes(noise);
        string text = string.Concat(Enumerable.Repeat("much of the same, ", 100));
        for (int i = 0; i < 3; i++)
        {
            Output.Add(Encoding.UTF8.GetBytes(text), FrameFlags.Text);
            Output.Add(Encoding.UTF8.GetBytes(text), FrameFlags.Text | FrameFlags.More);
            Output.Add("and "u8, FrameFlags.Text | FrameFlags.More);
            Output.Add([], FrameFlags.Text | FrameFlags.More);
            Output.Add(Encoding.UTF8.GetBytes(text), FrameFlags.Text | (i == 0 ? FrameFlags.More : FrameFlags.None));
            if (i == 0)
            {
                Output.Add([], FrameFlags.Text);
            }

            Output.Add(noise, FrameFlags.None);
            Assert.Equal(text, (await _pair.ReceiveAsync()).Text);
            Assert.Equal(text + "and " + text, (await _pair.ReceiveAsync()).Text);
            Assert.Equal(Encoding.UTF8.GetString(noise), (await _pair.ReceiveAsync()).Text);
        }
    }

    [Fact]
    public async Task Stop_ClientThatDoesNotRead_DropsWhatWaits()
    {
        Attach();
        for (int i = 0; i < 4; i++)
        {
            Output.Add(_noise, FrameFlags.None);
        }

        Output.Stop();
        Output.Add("late"u8, FrameFlags.Text);

        // The one that was on its way.
        Assert.Equal(Encoding.UTF8.GetString(_noise), (await _pair.ReceiveAsync()).Text);
        await Eventually.HoldsAsync(() => Taken() == 2000 + ProtocolLimits.DataCost, "one message to be taken");
    }

    [Fact]
    public async Task Add_ConnectionThatIsNoMore_IsPassedOver()
    {
        Attach();
        await _pair.CompleteAsync();
        Output.Add("late"u8, FrameFlags.Text);
        Output.Add("later"u8, FrameFlags.Text);
        Output.Close(1000, []);
    }

    public void Dispose()
    {
        _pair.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Attach() => Output.Attach(_pair.Wire, deflates, OnClosed);

    private void OnClosed() => Interlocked.Increment(ref _closed);

    private int Taken()
    {
        lock (_taken)
        {
            return _taken.Sum();
        }
    }
}

public sealed class PlainSessionOutputTests() : SessionOutputTests(deflates: false);

public sealed class DeflatingSessionOutputTests() : SessionOutputTests(deflates: true);
