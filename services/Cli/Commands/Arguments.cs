using System.CommandLine;
using System.Globalization;

namespace Cdp.Cli.Commands;

/// <summary>The options that several commands have, and the texts that they accept.</summary>
public static class Arguments
{
    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd"];

    /// <summary>An option for a point in time: ISO 8601, or a time ago such as 90m.</summary>
    public static Option<string?> Time(string name, string description, bool isRequired)
    {
        var option = new Option<string?>(name)
        {
            Description = $"{description}: a time such as 2026-01-31T10:00:00Z, or a time ago such as 30m, 2h, 7d",
            Required = isRequired,
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && ParseTime(text, DateTime.UnixEpoch.AddYears(100)) is null)
                result.AddError($"{name} is '{text}'; write a time with a time zone such as 2026-01-31T10:00:00Z, or a time ago such as 30m, 2h or 7d");
        });
        return option;
    }

    /// <summary>An option for a whole number within bounds.</summary>
    public static Option<int> Number(string name, string description, int fallback, int min, int max)
    {
        return new Option<int>(name)
        {
            Description = $"{description} ({fallback})",
            DefaultValueFactory = _ => fallback,
            CustomParser = result =>
            {
                if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
                    return number;
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} must be a whole number from {min} to {max}"));
                return fallback;
            },
        };
    }

    /// <summary>An option for a rate, such as 50/s.</summary>
    public static Option<string?> Rate()
    {
        var option = new Option<string?>("--rate") { Description = "the most events per second, such as 50/s (no limit)" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && ParseRate(text) is null)
                result.AddError($"--rate is '{text}'; write a number of events per second such as 50/s");
        });
        return option;
    }

    /// <summary>A point in time; null if the text is neither a time with a time zone nor a time ago.</summary>
    /// <param name="text">The text.</param>
    /// <param name="now">The time, in UTC.</param>
    public static DateTime? ParseTime(string text, DateTime now)
    {
        if (DateTime.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time))
        {
            if (time.Kind == DateTimeKind.Utc) return time;
            return text.Length == 10 ? DateTime.SpecifyKind(time, DateTimeKind.Utc) : null;
        }
        if (text.Length < 2 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 10_000) return null;
        return text[^1] switch
        {
            's' => now.AddSeconds(-number),
            'm' => now.AddMinutes(-number),
            'h' => now.AddHours(-number),
            'd' => now.AddDays(-number),
            _ => null,
        };
    }

    /// <summary>A number of events per second; null if the text is not one.</summary>
    public static double? ParseRate(string text) =>
        double.TryParse(WithoutUnit(text), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate) && rate is > 0 and <= 1_000_000
            ? rate
            : null;

    private static string WithoutUnit(string rate) => rate.EndsWith("/s", StringComparison.Ordinal) ? rate[..^2] : rate;

    /// <summary>A time as the API reads it.</summary>
    public static string Text(DateTime utc) => utc.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
