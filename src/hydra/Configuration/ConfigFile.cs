using System.Text;
using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>What a configuration file says, not bound yet: a value, or several, for each option.</summary>
/// <param name="values">Option and value, in the file's order.</param>
internal sealed class ConfigFile(IReadOnlyList<(Option Option, OptionValue Value)> values)
{
    /// <summary>The largest file that is read; a configuration is some kilobytes.</summary>
    public const int MostBytes = 1 << 20;

    /// <summary>The file that is read where none is named.</summary>
    public const string UsualName = "hydra.toml";

    /// <summary>The file that may have a table for Hydra.</summary>
    public const string ProjectName = "pyproject.toml";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Of no file.</summary>
    public static ConfigFile None { get; } = new([]);

    /// <summary>The values for an option.</summary>
    public IReadOnlyList<OptionValue> ValuesOf(Option option) => [.. values.Where(pair => pair.Option == option).Select(static pair => pair.Value)];

    /// <summary>Finds the file and reads it: the one that is named, else hydra.toml, else pyproject.toml with a table [tool.hydra].</summary>
    /// <param name="named">Who names it; null where nobody does.</param>
    /// <param name="directory">The directory in which it is looked for; empty for the working directory.</param>
    /// <param name="errors">Told what is wrong, a sentence each.</param>
    public static ConfigFile Find(OptionValue? named, string directory, List<string> errors)
    {
        if (named is { } value)
        {
            string who = value.Source.Describe(OptionTable.Get("config"));
            string path = Path.Combine(directory, value.Text);
            return Load(path, who, isNamed: true, Path.GetFileName(path) == ProjectName, errors);
        }

        string usual = Path.Combine(directory, UsualName);
        return File.Exists(usual)
            ? Load(usual, usual, isNamed: false, isProject: false, errors)
            : Load(Path.Combine(directory, ProjectName), ProjectName, isNamed: false, isProject: true, errors);
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">What it is called in sentences.</param>
    /// <param name="isProject">Whether only the table [tool.hydra] is for Hydra.</param>
    /// <param name="errors">Told what is wrong, a sentence each.</param>
    public static ConfigFile Read(string text, string path, bool isProject, List<string> errors)
    {
        try
        {
            TomlNode? table = TomlReader.Read(text);
            table = isProject ? table.Find("tool")?.Find("hydra") : table;
            if (table is null)
            {
                return None;
            }

            if (table.Kind is not TomlKind.Table)
            {
                errors.Add($"{path}, line {table.Line}: tool.hydra is no table.");
                return None;
            }

            return new ConfigFile(ConfigKeys.Read(table, path, errors));
        }
        catch (TomlException e) when (isProject && !text.Contains("tool.hydra", StringComparison.Ordinal))
        {
            // Somebody else's file, in which nothing is said to us.
            _ = e;
            return None;
        }
        catch (TomlException e)
        {
            errors.Add($"{path}, line {e.Line}: {e.Message}.");
            return None;
        }
    }

    private static ConfigFile Load(string path, string who, bool isNamed, bool isProject, List<string> errors)
    {
        try
        {
            if (!isNamed && !File.Exists(path))
            {
                return None;
            }

            byte[] bytes = ReadBytes(path);
            if (bytes.Length > MostBytes)
            {
                errors.Add($"{who}: {path} is larger than {MostBytes >> 10} KiB, which no configuration is.");
                return None;
            }

            string text = Strict.GetString(bytes);
            return Read(text.TrimStart('\ufeff'), path, isProject, errors);
        }
        catch (DecoderFallbackException)
        {
            errors.Add($"{who}: {path} is not UTF-8, which TOML is.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{who}: {path} cannot be read: {Reason(path, e)}");
        }

        return None;
    }

    // A byte more than it may have says that it has too many; also of what has no end.
    private static byte[] ReadBytes(string path)
    {
        return PatientFile.Read(path, path =>
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[MostBytes + 1];
            return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        });
    }

    private static string Reason(string path, Exception e)
        => Directory.Exists(path) ? "it is a directory."
            : e is FileNotFoundException or DirectoryNotFoundException ? "it does not exist."
            : e is UnauthorizedAccessException ? "permission is denied."
            : e.Message;
}
