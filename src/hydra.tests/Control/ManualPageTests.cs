using Hydra.Cli;
using Hydra.Configuration;
using Hydra.Control;
using Xunit;

namespace Hydra.Tests.Control;

public sealed class ManualPageTests
{
    [Fact]
    public void Create_Page_IsTheCheckedInFile()
    {
        string path = RepositoryFiles.At("docs", "hydra.1");
        if (Environment.GetEnvironmentVariable("UPDATE_OPTIONS_DOC") == "1")
        {
            File.WriteAllText(path, ManualPage.Create(CommandShapes.All));
        }

        Assert.True(File.Exists(path), "docs/hydra.1 is missing: run build/options-doc.sh");
        Assert.True(File.ReadAllText(path) == ManualPage.Create(CommandShapes.All), "docs/hydra.1 is not what the table says: run build/options-doc.sh");
    }

    [Fact]
    public void Create_Page_HasEachOptionWithItsVariable()
    {
        string page = ManualPage.Create(CommandShapes.All).Replace("\\-", "-", StringComparison.Ordinal);

        Assert.All(OptionTable.All.SelectMany(static option => option.Names), name => Assert.Contains($"\\fB--{name}\\fR", page, StringComparison.Ordinal));
        Assert.All(OptionTable.All.Where(static option => option.Variable is not null), option => Assert.Contains("$" + option.Variable, page, StringComparison.Ordinal));
    }

    // A dot or an apostrophe at the beginning of a line is a request: all that are there are meant as such.
    [Fact]
    public void Create_Page_HasNoRequestByAccident()
    {
        string[] known = [".\\\"", ".TH", ".SH", ".SS", ".TP", ".B", ".I", ".RI", ".RB", ".IR", ".br", ".PP", ".RS", ".RE", ".nf", ".fi"];
        string[] requests = [.. ManualPage.Create(CommandShapes.All).Split('\n').Where(static line => line.StartsWith('.') || line.StartsWith('\'')).Select(static line => line.Split(' ')[0])];

        Assert.Empty(requests.Except(known));
    }
}
