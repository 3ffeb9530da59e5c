namespace Hydra.Configuration;

/// <summary>Takes the arguments apart: which option was given which value, without looking at the values.</summary>
internal sealed class ArgumentScanner
{
    private const string PositionalApp = "MODULE:ATTR";

    private readonly IReadOnlyList<string> _arguments;
    private readonly List<(Option Option, OptionValue Value)> _found = [];
    private readonly List<string> _errors = [];
    private int _next;

    private ArgumentScanner(IReadOnlyList<string> arguments) => _arguments = arguments;

    /// <summary>What was given, in order; what is wrong with the form of the arguments goes to <paramref name="errors"/>.</summary>
    public static IReadOnlyList<(Option Option, OptionValue Value)> Scan(IReadOnlyList<string> arguments, List<string> errors)
    {
        var scanner = new ArgumentScanner(arguments);
        scanner.Run();
        errors.AddRange(scanner._errors);
        return scanner._found;
    }

    private void Run()
    {
        while (_next < _arguments.Count)
        {
            string argument = _arguments[_next++];
            if (argument.Length < 2 || argument[0] != '-')
            {
                Add(OptionTable.Get("app"), argument, PositionalApp);
            }
            else if (argument == "--")
            {
                Command();
            }
            else if (argument.StartsWith("--", StringComparison.Ordinal))
            {
                Long(argument);
            }
            else
            {
                Short(argument);
            }
        }

        CheckApplication();
    }

    // All that follows: the words of a command, or one application.
    private void Command()
    {
        if (_next < _arguments.Count)
        {
            Add(OptionTable.Get("app"), CommandWords.Join(_arguments.Skip(_next)), ApplicationNaming.CommandSpelling);
            _next = _arguments.Count;
        }
    }

    // Of a repeated option the last one counts; an application in two places is somebody's mistake.
    private void CheckApplication()
    {
        string[] given = [.. _found.Where(static pair => pair.Option.Name == "app").Select(static pair => pair.Value.Text)];
        if (given.Length > 1 && _found.Any(static pair => pair.Value.Source.Spelling is PositionalApp or ApplicationNaming.CommandSpelling))
        {
            _errors.Add($"{PositionalApp} (command line): \"{given[0]}\" is the application already; \"{given[1]}\" is one too many.");
        }
    }

    private void Long(string argument)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        string spelling = equals < 0 ? argument : argument[..equals];
        string? attached = equals < 0 ? null : argument[(equals + 1)..];
        string name = spelling[2..];
        if (OptionTable.Find(name) is { } option)
        {
            Given(option, spelling, attached);
            return;
        }

        if (name.StartsWith("no-", StringComparison.Ordinal) && OptionTable.Find(name[3..]) is { IsSwitch: true, IsCommand: false } negated)
        {
            if (attached is null)
            {
                Add(negated, "false", spelling);
            }
            else
            {
                _errors.Add($"{spelling} (command line) takes no value.");
            }

            return;
        }

        if (ForeignWords.Find(name) is { } foreign)
        {
            Foreign(foreign, spelling, attached);
            return;
        }

        Unknown(spelling);
        if (attached is null)
        {
            SkipValueOfUnknown();
        }
    }

    // What other servers call their options: taken where it means something here, and else answered.
    private void Foreign(ForeignWord word, string spelling, string? attached)
    {
        if (word.HasValue && attached is null && (_next == _arguments.Count || LooksLikeOption(_arguments[_next])))
        {
            _errors.Add(word.Answer is { } answer ? $"{spelling} (command line): {answer}" : $"{spelling} (command line) needs a value.");
            return;
        }

        string value = attached ?? (word.HasValue ? _arguments[_next++] : "");
        if (word.Take(value) is { } taken)
        {
            foreach ((string name, string text) in taken)
            {
                Add(OptionTable.Get(name), text, spelling);
            }

            return;
        }

        _errors.Add($"{spelling} (command line): {word.Answer}");
        if (!word.HasValue)
        {
            SkipValueOfUnknown();
        }
    }

    private void Short(string argument)
    {
        // -workers is --workers with a slip of the finger, not -w with the value "orkers".
        string word = argument[1..].Split('=')[0];
        if (word.Length > 1 && OptionTable.Find(word) is not null)
        {
            _errors.Add($"Unknown option {argument} (command line); did you mean --{word}?");
            return;
        }

        string rest = argument[2..];
        string spelling = argument[..2];
        if (OptionTable.Find(argument[1]) is not { } option)
        {
            if (ForeignWords.Find(argument[1]) is { } foreign && (foreign.HasValue || rest.Length == 0))
            {
                Foreign(foreign, spelling, Attached(rest));
            }
            else
            {
                Unknown(argument);
            }

            return;
        }

        if (option.IsSwitch && rest.Length > 0)
        {
            Unknown(argument);
            return;
        }

        Given(option, spelling, Attached(rest));
    }

    private static string? Attached(string rest) => rest.Length == 0 ? null : rest[0] == '=' ? rest[1..] : rest;

    private void Given(Option option, string spelling, string? attached)
    {
        if (option.IsCommand && attached is not null)
        {
            _errors.Add($"{spelling} (command line) takes no value.");
        }
        else if (option.IsSwitch)
        {
            Add(option, attached ?? "true", spelling);
        }
        else if (attached is not null)
        {
            Add(option, attached, spelling);
        }
        else if (option.BareValue is { } bare)
        {
            // What follows may be the application.
            bool isValue = _next < _arguments.Count && option.Placeholder!.Split('|').Contains(_arguments[_next]);
            Add(option, isValue ? _arguments[_next++] : bare, spelling);
        }
        else if (_next < _arguments.Count && !LooksLikeOption(_arguments[_next]))
        {
            Add(option, _arguments[_next++], spelling);
        }
        else
        {
            _errors.Add($"{spelling} (command line) needs a value: {option.Placeholder}.");
        }
    }

    // A value that begins with a dash is written --option=-value; mostly it is the next option, and the value was forgotten.
    private static bool LooksLikeOption(string argument) => argument.Length > 1 && argument[0] == '-';

    private void Add(Option option, string text, string spelling)
        => _found.Add((option, new OptionValue(text, new OptionSource(SourceRank.CommandLine, spelling))));

    // What follows an unknown option is its value, most likely, and worth no second complaint, unless it names an application.
    private void SkipValueOfUnknown()
    {
        if (_next < _arguments.Count && !LooksLikeOption(_arguments[_next])
            && (!_arguments[_next].Contains(':', StringComparison.Ordinal) || AppReference.Read(_arguments[_next], out _, out _) is not null))
        {
            _next++;
        }
    }

    private void Unknown(string spelling)
    {
        IEnumerable<string> names = OptionTable.All.SelectMany(static option => option is { IsSwitch: true, IsCommand: false }
            ? option.Names.SelectMany(static name => new[] { "--" + name, "--no-" + name })
            : option.Names.Select(static name => "--" + name));
        string meant = OptionHint.For(spelling, names) is { } near ? $"; did you mean {near}?" : ".";
        _errors.Add($"Unknown option {spelling} (command line){meant}");
    }
}
