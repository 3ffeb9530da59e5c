using System.Buffers;
using System.Text;
using Hydra.Diagnostics;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary><see cref="KeptMessages"/>, and <see cref="SessionCredit"/> that gives them.</summary>
public sealed class KeptMessagesTests
{
    private const int Window = 1000;

    private readonly ResumeDesk _desk = new(3000) { MostKept = 1000, Patience = TimeSpan.FromMilliseconds(1) };
    private readonly List<string> _given = [];
    private readonly SessionMetrics _metrics = new();
    private readonly SessionCredit _credit;
    private int _lapses;

    public KeptMessagesTests() => _credit = new SessionCredit(
        (in ReadOnlySequence<byte> data, FrameFlags flags) => _given.Add(Encoding.UTF8.GetString(data.ToArray()) + ((flags & FrameFlags.More) != 0 ? "+" : "")), Window, _metrics);

    [Fact]
    public void Resume_GivesAgainWhatIsNotAcknowledged_ThenWhatComes()
    {
        Keep();
        Give("a", "b", "c");
        Assert.True(_credit.Acknowledge(1));
        Assert.False(_credit.Acknowledge(1));
        _credit.Hold();
        Assert.False(_credit.TryTake(1, out _));
        Assert.Equal(1, _credit.Resume(1));
        Give("d");

        Assert.Equal(["a", "b", "c", "b", "c", "d"], _given);
        var counts = new StringBuilder();
        _metrics.Write(counts);
        Assert.Contains("hydra_websocket_messages_total{direction=\"in\"} 4\n", counts.ToString(), StringComparison.Ordinal);
        Assert.Contains("hydra_websocket_bytes_total{direction=\"in\"} 4\n", counts.ToString(), StringComparison.Ordinal);
        Assert.True(_credit.Acknowledge(4));
        Assert.Equal(0, _desk.Memory.Used);
        Assert.Equal(4, _credit.Resume(4));
    }

    [Fact]
    public void Resume_AcknowledgedMeanwhile_GivesNothingTwice()
    {
        Keep();
        Give("a", "b");
        _credit.Hold();

        Assert.Equal(2, _credit.Resume(2));
        Assert.Equal(["a", "b"], _given);
    }

    [Fact]
    public void Resume_MessageInParts_IsGivenFromItsBeginning()
    {
        Keep();
        GivePart("a1");
        _credit.Hold();
        Assert.Equal(0, _credit.Resume(0));
        Give("a2");

        Assert.Equal(["a1+", "a1+", "a2"], _given);
        Assert.Equal(1, _credit.Resume(1));
    }

    [Fact]
    public void Resume_MessageThatBeganBefore_IsDroppedAsAWhole()
    {
        GivePart("a1");
        Keep();
        GivePart("a2");
        Assert.Equal(1, _credit.From);
        _credit.Hold();
        Assert.Equal(1, _credit.Resume(0));
        GivePart("a3");
        Give("a4", "b");

        Assert.Equal(["a1+", "a2+", "b"], _given);
    }

    [Fact]
    public void Pump_LessCreditThanThereIs_GivesPartsAndGoesOn()
    {
        Keep();
        Give(new string('x', 900));
        _credit.Hold();
        _credit.Resume(0);
        Assert.True(_credit.TryTake(200, out int size));
        Assert.Equal(200, size);
        _credit.Give(Bytes(new string('y', 200)), FrameFlags.None);
        Assert.Equal(new string('y', 1000 - 932 - 32) + "+", _given[^1]);
        Assert.False(_credit.TryTake(1, out _));
        Assert.True(_credit.Grant(932));

        Assert.Equal(new string('y', 164), _given[^1]);
        Assert.True(_credit.Grant(36 + 32 + 164 + 32));
        Assert.False(_credit.Grant(1));
    }

    [Fact]
    public async Task TryTake_TooMuchIsKept_WaitsThenLapses()
    {
        Keep();
        Give(new string('x', 500));
        Assert.True(_credit.Grant(532));
        Give(new string('x', 500));
        Assert.True(_credit.Grant(532));
        Task<int> waiting = _credit.TakeAsync(1).AsTask();
        Assert.Equal(1, await waiting.WaitAsync(Eventually.Limit));

        // Nothing was lost by it, and what comes is given and not kept.
        Assert.Equal(1, _lapses);
        _credit.Give(Bytes("z"), FrameFlags.None);
        Assert.Equal("z", _given[^1]);
        Assert.Equal((0, long.MaxValue), (_desk.Memory.Used, _credit.From));

        // Until it is wanted again.
        Keep();
        Assert.Equal(3, _credit.From);
        Give("again");
        _credit.Hold();
        Assert.Equal(3, _credit.Resume(0));
        Assert.Equal(["again", "again"], _given[^2..]);
    }

    [Fact]
    public async Task TryTake_TooMuchIsKept_GoesOnWhenSomeIsAcknowledged()
    {
        var desk = new ResumeDesk(1_000_000) { MostKept = 1000, Patience = TimeSpan.FromMinutes(5) };
        _credit.Keep(desk, () => _lapses++);
        Give(new string('x', 900));
        Assert.True(_credit.Grant(932));
        Give(new string('x', 100));
        Task<int> waiting = _credit.TakeAsync(1).AsTask();
        Assert.False(waiting.IsCompleted);
        Assert.True(_credit.IsWaiting);
        Assert.True(_credit.Acknowledge(1));

        await waiting.WaitAsync(Eventually.Limit);
        Assert.Equal(0, _lapses);
    }

    [Fact]
    public void Add_MemoryUsedUp_LosesNothing()
    {
        var kept = new KeptMessages(new ResumeDesk(10) { Patience = TimeSpan.FromMinutes(5) }, () => { });
        kept.Add(Bytes("a"), FrameFlags.None, 0);
        Assert.True(kept.IsOver && kept.HasNext);
        kept.OnGiven(1);
        Assert.False(kept.TakesMore);
        Assert.True(kept.Acknowledge(1));
        Assert.True(kept.TakesMore);
    }

    [Fact]
    public void Stop_GivesEverythingBack()
    {
        Keep();
        Give("a", "b");
        Assert.True(_desk.Memory.Used > 0);
        _credit.Stop();

        Assert.Equal(0, _desk.Memory.Used);
        Assert.False(_credit.Acknowledge(2));
    }

    // Against a list that is simply gone through: whatever happens, each message comes whole, in order, and again from the first that is not acknowledged.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Resume_AtAnyTime_GivesEachWorkerWhatItIsToHave(int seed)
    {
        var random = new Random(seed);
        var desk = new ResumeDesk(1 << 20);
        _credit.Keep(desk, () => _lapses++);
        long first = 0;
        long acknowledged = 0;
        int sent = 0;
        long owed = 0;
        for (int i = 0; i < 3000; i++)
        {
            owed = _given.Sum(static piece => piece.TrimEnd('+').Length + ProtocolLimits.DataCost);
            switch (random.Next(8))
            {
                case 0:
                    _credit.Hold();
                    first = _credit.Resume(acknowledged);
                    Assert.Equal(acknowledged, first);
                    break;
                case 1 when Whole().Count > 0:
                    acknowledged = Math.Max(acknowledged, first + random.Next(Whole().Count + 1));
                    _credit.Acknowledge(acknowledged);
                    break;
                default:
                    string text = $"{sent}:{new string('m', random.Next(400))};";
                    if (_credit.TryTake(text.Length, out _))
                    {
                        _credit.Give(Bytes(text), FrameFlags.None);
                        sent++;
                    }

                    break;
            }

            // What the present worker has had is a part of what it is to have; then it takes it.
            List<string> whole = Whole();
            for (int n = 0; n < whole.Count; n++)
            {
                Assert.StartsWith($"{first + n}:", whole[n], StringComparison.Ordinal);
            }

            long cost = _given.Sum(static piece => piece.TrimEnd('+').Length + ProtocolLimits.DataCost) - owed;
            if (i % 3 == 0 && cost > 0)
            {
                Assert.True(_credit.Grant((uint)cost));
            }
        }

        List<string> Whole()
        {
            // Behind the last Resume() alone.
            int from = _given.FindLastIndex(piece => piece.StartsWith($"{first}:", StringComparison.Ordinal));
            string text = from < 0 ? "" : string.Concat(_given[from..].Select(static piece => piece.TrimEnd('+')));
            return [.. text.Split(';')[..^1]];
        }
    }

    private static ReadOnlySequence<byte> Bytes(string text) => new(Encoding.UTF8.GetBytes(text));

    private void Keep() => _credit.Keep(_desk, () => _lapses++);

    private void Give(params string[] texts)
    {
        foreach (string text in texts)
        {
            Assert.True(_credit.TryTake(text.Length, out int size) && size == text.Length);
            _credit.Give(Bytes(text), FrameFlags.None);
        }
    }

    private void GivePart(string text)
    {
        Assert.True(_credit.TryTake(text.Length, out _));
        _credit.Give(Bytes(text), FrameFlags.More);
    }
}
