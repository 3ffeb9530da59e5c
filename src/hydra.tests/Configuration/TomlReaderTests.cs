using System.Globalization;
using System.Text;
using System.Text.Json;
using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary>What <see cref="TomlReader"/> makes of documents; <see cref="TomlText"/>, <see cref="TomlStrings"/> and <see cref="TomlValues"/> are parts of it.</summary>
public sealed class TomlReaderTests
{
    // The files of github.com/toml-lang/toml-test (MIT license) for TOML 1.0.0, in Base64, with what the valid ones mean.
    private static readonly JsonElement Vectors
        = JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.At("src", "hydra.tests", "Configuration", "toml-1.0.0.json"))).RootElement;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static TheoryData<string> Valid => [.. Vectors.GetProperty("valid").EnumerateObject().Select(static one => one.Name)];

    public static TheoryData<string> Invalid => [.. Vectors.GetProperty("invalid").EnumerateObject().Select(static one => one.Name)];

    [Theory]
    [MemberData(nameof(Valid))]
    public void Read_ValidDocument_MeansWhatItShould(string name)
    {
        JsonElement vector = Vectors.GetProperty("valid").GetProperty(name);
        Compare(vector[1], TomlReader.Read(Strict.GetString(vector[0].GetBytesFromBase64()).TrimStart('\ufeff')), "root");
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Read_InvalidDocument_IsRefused(string name)
    {
        byte[] bytes = Vectors.GetProperty("invalid").GetProperty(name).GetBytesFromBase64();
        Exception? error = Record.Exception(() => TomlReader.Read(Strict.GetString(bytes)));

        Assert.True(error is TomlException or DecoderFallbackException, $"{name}: {error?.GetType().Name ?? "was taken"}");
    }

    [Theory]
    [InlineData("a = 1\nb = \n", 2, "the value is missing")]
    [InlineData("workers = four", 1, "four is no value; text stands in quotation marks: \"four\"")]
    [InlineData("a = 1\n\na = 2", 3, "a is there already, in line 1")]
    [InlineData("path = \"C:\\dir\"", 1, "\\d is no escape of TOML; in '…' a backslash is one")]
    [InlineData("a = \"x\ny\"", 1, "a string ends in another line than it begins; three quotation marks take several")]
    public void Read_Mistake_IsSaidWithItsLine(string text, int line, string message)
    {
        TomlException error = Assert.Throws<TomlException>(() => TomlReader.Read(text));

        Assert.Equal((line, message), (error.Line, error.Message));
    }

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public void Read_ManyLevels_AreRefusedAndTakeNoStack(char open)
        => Assert.Throws<TomlException>(() => TomlReader.Read("a = " + string.Concat(Enumerable.Repeat(open == '[' ? "[" : "{a=", 100_000))));

    [Fact]
    public void Read_ValidDocumentsWithBytesChanged_AreReadOrRefused()
    {
        var random = new Random(20261129);
        foreach (JsonProperty vector in Vectors.GetProperty("valid").EnumerateObject())
        {
            for (int round = 0; round < 30; round++)
            {
                char[] text = Strict.GetString(vector.Value[0].GetBytesFromBase64()).ToCharArray();
                for (int changes = random.Next(1, 4); changes > 0 && text.Length > 0; changes--)
                {
                    text[random.Next(text.Length)] = (char)random.Next(0, 0x100);
                }

                Exception? error = Record.Exception(() => TomlReader.Read(new string(text)));
                Assert.True(error is null or TomlException, $"{vector.Name}: {error}");
            }
        }
    }

    private static void Compare(JsonElement expected, TomlNode node, string where)
    {
        if (expected.ValueKind is JsonValueKind.Array)
        {
            Assert.Equal((TomlKind.Array, expected.GetArrayLength()), (node.Kind, node.Items.Count));
            foreach ((JsonElement item, int i) in expected.EnumerateArray().Select(static (item, i) => (item, i)))
            {
                Compare(item, node.Items[i], $"{where}[{i}]");
            }
        }
        else if (expected.TryGetProperty("type", out JsonElement type) && type.ValueKind is JsonValueKind.String && expected.TryGetProperty("value", out JsonElement value))
        {
            CompareScalar(type.GetString()!, value.GetString()!, node, where);
        }
        else
        {
            Assert.True(node.Kind is TomlKind.Table, where);
            Assert.Equal(expected.EnumerateObject().Select(static member => member.Name).Order(StringComparer.Ordinal), node.Keys.Order(StringComparer.Ordinal));
            Assert.All(expected.EnumerateObject(), member => Compare(member.Value, node.Find(member.Name)!, $"{where}.{member.Name}"));
        }
    }

    private static void CompareScalar(string type, string value, TomlNode node, string where)
    {
        TomlKind kind = type switch
        {
            "string" => TomlKind.String,
            "integer" => TomlKind.Integer,
            "float" => TomlKind.Float,
            "bool" => TomlKind.Boolean,
            _ => TomlKind.Moment,
        };
        Assert.True(node.Kind == kind, $"{where} is {node.Kind}");
        if (kind is TomlKind.Float && value.TrimStart('+', '-') is not ("inf" or "nan"))
        {
            Assert.Equal(double.Parse(value, CultureInfo.InvariantCulture), double.Parse(node.Text, CultureInfo.InvariantCulture));
        }
        else if (kind is not TomlKind.Moment)
        {
            Assert.Equal(kind is TomlKind.Float ? value.TrimStart('+') : value, node.Text.Replace("-nan", "nan", StringComparison.Ordinal));
        }
    }
}
