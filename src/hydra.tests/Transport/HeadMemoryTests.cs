using System.Buffers;
using System.Text;
using Hydra.Primitives;
using Hydra.Transport;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>Heads that are larger than nearly all take of a budget, give it back, and are refused where there is none left.</summary>
public sealed class HeadMemoryTests
{
    private const string Line = "GET / HTTP/1.1\r\n";

    private static readonly string Field = $"x-a: {new string('a', 5000)}\r\n";

    private readonly MemoryBudget _memory = new(100_000);

    [Fact]
    public void Look_SmallHead_TakesNothing()
    {
        HeadCapture capture = Make();
        Receive(capture, Line + "Host: a\r\n");

        Assert.Equal(0, _memory.Used);
    }

    [Fact]
    public void Look_LargeHead_TakesUntilItIsReleased()
    {
        HeadCapture capture = Make();
        Receive(capture, Line + Field);
        long before = _memory.Used;
        Assert.InRange(before, 3 * Field.Length, 10 * Field.Length);
        capture.OnConsumed(Line.Length + Field.Length);
        Receive(capture, Field + "\r\n");
        Assert.InRange(_memory.Used, before + 1, 100_000);

        capture.Release();
        Assert.Equal(0, _memory.Used);
    }

    [Fact]
    public void Look_LongLineThatIsNotComplete_TakesWhatHasCome()
    {
        HeadCapture capture = Make();
        Receive(capture, "GET /" + new string('a', 10_000));
        Assert.InRange(_memory.Used, 10_000, 20_000);
        Receive(capture, "GET /" + new string('a', 20_000));
        Assert.InRange(_memory.Used, 20_000, 30_000);

        capture.Release();
        Assert.Equal(0, _memory.Used);
    }

    [Fact]
    public void Look_LargeHeadWhereMemoryIsUsedUp_IsRefused()
    {
        Assert.True(_memory.TryTake(95_000));
        HeadCapture capture = Make();
        var error = Assert.Throws<BadHttpRequestException>(() => Receive(capture, Line + Field));

        Assert.Equal((503, HeadFault.Memory), (error.StatusCode, capture.Fault));
        capture.Release();
        Assert.Equal(95_000, _memory.Used);
        Receive(Make(), Line + "Host: a\r\n\r\n");
    }

    private static void Receive(HeadCapture capture, string text) => capture.Look(new ReadOnlySequence<byte>(Encoding.Latin1.GetBytes(text)));

    private HeadCapture Make() => new(memory: _memory);
}
