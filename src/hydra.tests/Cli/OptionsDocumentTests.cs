using Hydra.Cli;
using Xunit;

namespace Hydra.Tests.Cli;

public sealed class OptionsDocumentTests
{
    [Fact]
    public void Create_Document_IsTheCheckedInFile()
    {
        string path = RepositoryFiles.At("docs", "options.md");
        if (Environment.GetEnvironmentVariable("UPDATE_OPTIONS_DOC") == "1")
        {
            File.WriteAllText(path, OptionsDocument.Create());
        }

        Assert.True(File.Exists(path), "docs/options.md is missing: run build/options-doc.sh");
        Assert.True(File.ReadAllText(path) == OptionsDocument.Create(), "docs/options.md is not what the table says: run build/options-doc.sh");
    }
}
