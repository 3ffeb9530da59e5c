using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>What a link is to send, as it grows and is given back.</summary>
public sealed class LinkOutputTests
{
    [Fact]
    public void Written_AcrossGrowth_IsAllThatWasWritten()
    {
        var output = new LinkOutput();
        byte[] piece = [1, 2, 3];
        for (int i = 0; i < 100_000; i++)
        {
            output.Write(piece);
        }

        Assert.Equal(300_000, output.Count);
        Assert.Equal(piece, output.Written[^3..].ToArray());
    }

    [Fact]
    public void GetSpan_AfterMuchWasWritten_HasRoomForAsMuch()
    {
        var output = new LinkOutput();
        output.Write(new byte[300_000]);
        output.Clear();
        Assert.True(output.GetSpan(1).Length >= 300_000);

        output.Clear();
        Assert.InRange(output.GetSpan(1).Length, 1, 64 * 1024);
    }
}
