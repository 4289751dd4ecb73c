using System.Globalization;
using System.Text;
using Cdp.Destinations.Values;
using Fluid;
using Fluid.Ast;
using Fluid.Values;

namespace Cdp.Destinations.Mapping;

/// <summary>
/// A template in Liquid with the limits of the reference: at most 1000 characters, no loops, no other templates, and only filters that keep values small.
/// Rendering depends only on the event: the current time is the time at which the event was received.
/// </summary>
internal sealed class LiquidTemplate
{
    /// <summary>The maximum length of a template in UTF-16 code units.</summary>
    public const int MaxLength = 1000;

    // Filters and tags can multiply the length of a value. Real results have a few hundred characters.
    private const int MaxSize = 100_000;
    private const int MaxSteps = 1_000;

    private static readonly string[] DisabledTags = ["case", "for", "include", "layout", "render", "tablerow"];

    // The filters that the reference disables, and filters that it does not have.
    private static readonly string[] DisabledFilters =
    [
        "concat", "find", "find_index", "has", "map", "newline_to_br", "reject", "reverse", "sort", "sort_natural", "uniq",
        "time_zone", "format_number", "format_string", "format_date", "handle", "handleize", "md5", "sha1", "sha256", "hmac_sha1", "hmac_sha256",
    ];

    private static readonly DataPath ReceivedAt = DataPath.Read("receivedAt");
    private static readonly FluidParser Parser = CreateParser();
    private static readonly TemplateOptions Options = CreateOptions();

    private readonly IFluidTemplate _template;

    private LiquidTemplate(IFluidTemplate template) => _template = template;

    /// <returns>Null for a template that is not valid, with <paramref name="fault"/> saying why.</returns>
    public static LiquidTemplate? Read(string text, out string? fault)
    {
        if (text.Length > MaxLength) fault = $"must have at most {MaxLength} characters, not {text.Length}";
        else if (!Parser.TryParse(text, out var template, out var error)) fault = $"is not a valid Liquid template: {error.ReplaceLineEndings(" ").Trim()}";
        else
        {
            var unknown = new FilterNames();
            unknown.VisitTemplate(template);
            fault = unknown.Missing.Count == 0 ? null : $"has a filter that is not available: {string.Join(", ", unknown.Missing)}";
            return fault is null ? new LiquidTemplate(template) : null;
        }
        return null;
    }

    /// <summary>The result; null if the template cannot be rendered for this event, such as for a division by zero or a result that is too long.</summary>
    public string? Render(Datum data)
    {
        var context = new TemplateContext(LiquidValue.Of(data), Options, allowModelMembers: false);
        context.Now = () => DateValue.Of(ReceivedAt.Find(data)) is { } time ? new DateTimeOffset(time) : DateTimeOffset.UnixEpoch;
        try
        {
            var text = _template.Render(context);
            return text.Length <= MaxSize ? Repair(text) : null;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The engine and its filters throw exceptions of many types if they cannot process a value.
            return null;
        }
    }

    // Filters such as slice count UTF-16 code units and may cut a character in two. U+FFFD takes the place of half a character.
    private static string Repair(string text) => text.Any(char.IsSurrogate) ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) : text;

    private static FluidParser CreateParser()
    {
        var parser = new FluidParser();
        foreach (var tag in DisabledTags) parser.RegisteredTags.Remove(tag);
        return parser;
    }

    private static TemplateOptions CreateOptions()
    {
        var options = new TemplateOptions { CultureInfo = CultureInfo.InvariantCulture, TimeZone = TimeZoneInfo.Utc, MaxSteps = MaxSteps };
        foreach (var name in DisabledFilters) options.Filters.Remove(name);
        options.Captured = (name, value, context) =>
        {
            if (Size(value, context) > MaxSize) throw new InvalidOperationException($"{name} has more than {MaxSize} characters");
            return new(value);
        };
        foreach (var (name, filter) in options.Filters.ToList())
        {
            options.Filters.AddFilter(name, (input, arguments, context) =>
            {
                Bound(name, input, arguments, context);
                return filter(input, arguments, context);
            });
        }
        return options;
    }

    // Replacing and joining can insert an argument once per character or item of the input; other filters insert it at most once.
    private static void Bound(string name, FluidValue input, FilterArguments arguments, TemplateContext context)
    {
        var (size, added) = (Size(input, context), Enumerable.Range(0, arguments.Count).Sum(i => Size(arguments.At(i), context)));
        var result = name.StartsWith("replace", StringComparison.Ordinal) || name == "join" ? (size + 1) * (added + 1) : size + added;
        if (result > MaxSize) throw new InvalidOperationException($"the result of {name} may have more than {MaxSize} characters");
    }

    private static long Size(FluidValue value, TemplateContext context) =>
        value.Type == FluidValues.Array ? value.Enumerate(context).Sum(item => Size(item, context)) : value.ToStringValue().Length;

    /// <summary>Finds names of filters in a template that do not exist.</summary>
    private sealed class FilterNames : AstVisitor
    {
        public SortedSet<string> Missing { get; } = [];

        protected override Expression VisitFilterExpression(FilterExpression filterExpression)
        {
            if (!Options.Filters.TryGetValue(filterExpression.Name, out _)) Missing.Add(filterExpression.Name);
            return base.VisitFilterExpression(filterExpression);
        }
    }
}
