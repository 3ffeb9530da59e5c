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
        List<string> lines = await Read(new string('x', (2 * OutputLines.Longest) + 5) + "\nnext");

        Assert.Equal([OutputLines.Longest, OutputLines.Longest, 5, 4], lines.Select(static l => l.Length));
    }

    [Theory]
    [InlineData(16 * 1024)]
    [InlineData(40_000)]
    [InlineData(OutputLines.Longest - 1)]
    public async Task ReadAsync_LongLine_IsOneLine(int length)
    {
        string line = new('x', length);

        Assert.Equal(["before", line, "after", line], await Read($"before\n{line}\nafter\n{line}\n"));
    }

    private static async Task<List<string>> Read(string text)
    {
        List<string> lines = [];
        await OutputLines.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), lines.Add);
        return lines;
    }
}
