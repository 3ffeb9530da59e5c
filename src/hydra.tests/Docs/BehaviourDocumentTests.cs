using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Hydra.Tests.Docs;

/// <summary>docs/behaviour.md and other documents with promises name tests that exist.</summary>
public sealed partial class BehaviourDocumentTests
{
    [Theory]
    [InlineData("behaviour.md")]
    [InlineData("frameworks.md")]
    [InlineData("security.md")]
    [InlineData("deploy.md")]
    public void Document_EachTestOfCSharp_Exists(string document)
    {
        HashSet<string> tests =
        [
            .. from type in Assembly.GetExecutingAssembly().GetTypes()
               from method in type.GetMethods()
               where method.GetCustomAttributes<FactAttribute>().Any()
               select $"{type.Name}.{method.Name}",
        ];
        string[] named = [.. CSharpName().Matches(Read(document)).Select(m => m.Groups[1].Value)];

        Assert.NotEmpty(named);
        Assert.Empty(named.Except(tests));
    }

    [Theory]
    [InlineData("behaviour.md")]
    [InlineData("frameworks.md")]
    [InlineData("platforms.md")]
    [InlineData("deploy.md")]
    public void Document_EachTestOfPython_Exists(string document)
    {
        Match[] named = [.. PythonName().Matches(Read(document)).Cast<Match>()];

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(
            $"def {name.Groups[2].Value}(", File.ReadAllText(RepositoryFiles.At("python", "tests", name.Groups[1].Value)), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("behaviour.md")]
    [InlineData("frameworks.md")]
    [InlineData("security.md")]
    [InlineData("deploy.md")]
    public void Document_EachRow_NamesATest(string document)
    {
        string[] rows = [.. Read(document).Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| ---", StringComparison.Ordinal))];
        string[] withoutTest = [.. rows.Where(row => !CSharpName().IsMatch(row) && !PythonName().IsMatch(row) && !row.EndsWith("| test |", StringComparison.Ordinal))];

        Assert.NotEmpty(rows);
        Assert.Empty(withoutTest);
    }

    private static string Read(string document) => File.ReadAllText(RepositoryFiles.At("docs", document));

    [GeneratedRegex(@"`(\w+Tests\.\w+)`")]
    private static partial Regex CSharpName();

    [GeneratedRegex(@"`(test_\w+\.py)::(test_\w+)`")]
    private static partial Regex PythonName();
}
