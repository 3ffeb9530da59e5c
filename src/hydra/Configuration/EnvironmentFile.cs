using System.Text;

namespace Hydra.Configuration;

/// <summary>
/// Reads files of variables as python-dotenv does: NAME=VALUE, an "export" before it, values in single or double quotes that may go over
/// lines, comments after #, and ${NAME} or ${NAME:-default} for what is in the environment or further up in the file.
/// </summary>
internal ref struct EnvironmentFile
{
    private readonly string _text;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly Dictionary<string, string> _found = new(StringComparer.Ordinal);
    private int _at;

    private EnvironmentFile(string text, IReadOnlyDictionary<string, string> environment)
    {
        _text = text.Replace("\r\n", "\n", StringComparison.Ordinal);
        _environment = environment;
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="environment">The variables that there are; what is set there counts more.</param>
    /// <param name="variables">What is to be set beside those.</param>
    /// <returns>Null, or what is wrong with it: a sentence without its end.</returns>
    public static string? Read(string text, IReadOnlyDictionary<string, string> environment, out IReadOnlyDictionary<string, string> variables)
    {
        var file = new EnvironmentFile(text, environment);
        variables = file._found;
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            return "it contains a NUL character";
        }

        while (file.SkipBlank())
        {
            int start = file._at;
            if (!file.ReadLine())
            {
                int line = 1 + file._text.AsSpan(0, start).Count('\n');
                return $"line {line} is not of the form NAME=VALUE";
            }
        }

        foreach (string name in environment.Keys)
        {
            file._found.Remove(name);
        }

        return null;
    }

    // Goes to the next line that says something.
    private bool SkipBlank()
    {
        while (_at < _text.Length)
        {
            if (char.IsWhiteSpace(_text[_at]) || _text[_at] == '\ufeff')
            {
                _at++;
            }
            else if (_text[_at] == '#')
            {
                SkipRest();
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    private bool ReadLine()
    {
        string name = ReadName();
        if (name == "export" && _at < _text.Length && _text[_at] is ' ' or '\t')
        {
            SkipSpaces();
            name = ReadName();
        }

        SkipSpaces();
        if (name.Length == 0)
        {
            return false;
        }

        // A name alone sets nothing.
        if (_at == _text.Length || _text[_at] is '\n' or '#')
        {
            SkipRest();
            return true;
        }

        if (_text[_at++] != '=')
        {
            return false;
        }

        SkipSpaces();
        if (ReadValue() is not { } value)
        {
            return false;
        }

        _found[name] = Expand(value);
        SkipSpaces();
        bool isEnd = _at == _text.Length || _text[_at] is '\n' or '#';
        SkipRest();
        return isEnd;
    }

    private string ReadName()
    {
        int start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] is '_' or '.' or '-'))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private string? ReadValue()
    {
        if (_at < _text.Length && _text[_at] is '\'' or '"')
        {
            return ReadQuoted(_text[_at++]);
        }

        // A # begins a comment where a blank is before it.
        int start = _at;
        while (_at < _text.Length && _text[_at] != '\n' && !(_text[_at] == '#' && _at > start && _text[_at - 1] is ' ' or '\t'))
        {
            _at++;
        }

        return _text[start.._at].TrimEnd();
    }

    private string? ReadQuoted(char quote)
    {
        var value = new StringBuilder();
        for (; _at < _text.Length; _at++)
        {
            char c = _text[_at];
            if (c == quote)
            {
                _at++;
                return value.ToString();
            }

            if (c == '\\' && _at + 1 < _text.Length)
            {
                c = Unescape(quote, _text[_at + 1]);
                _at += c == '\\' && _text[_at + 1] != '\\' ? 0 : 1;
            }

            value.Append(c);
        }

        return null;
    }

    // What a backslash makes of the next character; a backslash where it is none of those that are escaped.
    private static char Unescape(char quote, char next) => next switch
    {
        '\\' => '\\',
        '\'' when quote == '\'' => '\'',
        _ when quote == '\'' => '\\',
        '"' or '\'' => next,
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        _ => '\\',
    };

    private readonly string Expand(string value)
    {
        int start = value.IndexOf("${", StringComparison.Ordinal);
        int end = start < 0 ? -1 : value.IndexOf('}', start);
        if (end < 0)
        {
            return value;
        }

        string[] parts = value[(start + 2)..end].Split(":-", 2);
        string? found = _environment.GetValueOrDefault(parts[0]) ?? _found.GetValueOrDefault(parts[0]);
        return value[..start] + (found ?? (parts.Length > 1 ? parts[1] : "")) + Expand(value[(end + 1)..]);
    }

    private void SkipSpaces()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\t')
        {
            _at++;
        }
    }

    private void SkipRest()
    {
        int end = _text.AsSpan(_at).IndexOf('\n');
        _at = end < 0 ? _text.Length : _at + end;
    }
}
