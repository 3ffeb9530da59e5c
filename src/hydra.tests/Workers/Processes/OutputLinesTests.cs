using System.Text;
using Hydra.Workers.Processes;
using Xunit;

namespace Hydra.Tests.Workers.Processes;

public class OutputLinesTests
{
    [Fact]
    public async Task ReadAsync_LinesOfAllKinds_ComeWithoutTheirEnds()
        => Assert.Equal(["one", "", "two", "last"], await Read("one\n\ntwo\r\nlast"));

    [Fact]
    public async Task ReadAsync_LineWithoutEnd_IsCutIntoBoundedPieces()
    {
        List<string> lines = await Read(new string('x', 40_000));

        Assert.Equal(40_000, lines.Sum(l => l.Length));
        Assert.True(lines.Max(l => l.Length) <= 16 * 1024);
    }

    private static async Task<List<string>> Read(string text)
    {
        List<string> lines = [];
        await OutputLines.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), lines.Add);
        return lines;
    }
}
