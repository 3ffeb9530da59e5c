using Hydra.Cli;
using Xunit;

namespace Hydra.Tests.Cli;

public sealed class MigrationDocumentTests
{
    [Fact]
    public void Create_Table_IsInTheCheckedInFile()
    {
        string path = RepositoryFiles.At("docs", "migrate.md");
        string document = File.ReadAllText(path);
        if (Environment.GetEnvironmentVariable("UPDATE_OPTIONS_DOC") == "1")
        {
            File.WriteAllText(path, MigrationDocument.Put(document));
            document = File.ReadAllText(path);
        }

        Assert.True(document == MigrationDocument.Put(document), "docs/migrate.md is not what the table says: run build/options-doc.sh");
    }
}
