using System.Text.RegularExpressions;
using Hydra.Cli;
using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Cli;

public sealed partial class MigrationDocumentTests
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

    // What stands in the second column is to be typed here.
    [Theory]
    [InlineData("## uWSGI", 15)]
    [InlineData("## mod_wsgi", 15)]
    public void Document_EachOptionThatIsSaidToBeTheSame_IsOne(string title, int fewest)
    {
        string document = File.ReadAllText(RepositoryFiles.At("docs", "migrate.md"));
        int begin = document.IndexOf(title + "\n", StringComparison.Ordinal);
        string section = document[begin..document.IndexOf("\n## ", begin + 1, StringComparison.Ordinal)];
        string[] names = [.. section.Split('\n').Where(static line => line.StartsWith("| ", StringComparison.Ordinal))
            .SelectMany(static line => OptionName().Matches(line.Split(" | ")[^1]).Select(static match => match.Groups[1].Value))];

        Assert.True(names.Length >= fewest);
        Assert.All(names, name => Assert.NotNull(OptionTable.Find(name)));
    }

    [GeneratedRegex(@"--([a-z][a-z0-9-]*)")]
    private static partial Regex OptionName();
}
