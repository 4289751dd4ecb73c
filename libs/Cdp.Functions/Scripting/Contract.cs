using Acornima.Ast;
using Cdp.Functions.Contracts;

namespace Cdp.Functions.Scripting;

/// <summary>The two contracts of handlers.</summary>
internal enum Contract
{
    /// <summary><c>transformEvent</c> or <c>transformBatch</c>.</summary>
    RudderStack,

    /// <summary><c>onTrack</c> and the like, and <c>onBatch</c>.</summary>
    Segment,
}

/// <summary>Finds the contract of a function by the names of its handlers.</summary>
internal static class ContractDetection
{
    private static readonly string[] RudderStackHandlers = ["transformEvent", "transformBatch"];

    private static readonly string[] SegmentHandlers =
        ["onTrack", "onIdentify", "onPage", "onScreen", "onGroup", "onAlias", "onDelete", "onBatch"];

    /// <summary>The handler of an event's type in the Segment contract: <c>onTrack</c> for track.</summary>
    public static string? HandlerOf(string? type) =>
        string.IsNullOrEmpty(type) ? null : SegmentHandlers[..^1].FirstOrDefault(name => name.AsSpan(2).Equals(type, StringComparison.OrdinalIgnoreCase));

    /// <summary>The contract, the handlers, and those of them that the code declares without exporting them.</summary>
    /// <exception cref="FunctionException">There is no handler, or there are handlers that do not belong together.</exception>
    public static (Contract Contract, IReadOnlySet<string> Handlers, IReadOnlyList<string> NotExported) Detect(Module program, FunctionDefinition definition)
    {
        var exported = program.Body.OfType<ExportNamedDeclaration>().SelectMany(Exported).ToHashSet();
        // RudderStack requires the export. Segment's functions are scripts, and have none.
        var declared = program.Body.SelectMany(Declared).Intersect(SegmentHandlers).Except(exported).ToList();
        var names = exported.Concat(declared).ToHashSet();
        var rudderStack = RudderStackHandlers.Where(names.Contains).ToHashSet();
        var segment = SegmentHandlers.Where(names.Contains).ToHashSet();
        var fault = Fault(rudderStack, segment, program, definition.Use);
        if (fault is not null) throw new FunctionException($"the function {definition.Name} {fault}");
        return rudderStack.Count > 0 ? (Contract.RudderStack, rudderStack, []) : (Contract.Segment, segment, declared);
    }

    private static string? Fault(HashSet<string> rudderStack, HashSet<string> segment, Module program, FunctionUse use)
    {
        if (rudderStack.Count > 0 && segment.Count > 0)
            return $"has {rudderStack.First()} and {segment.First()}, which belong to different contracts: remove one of them";
        if (rudderStack.Count > 1) return "exports transformEvent and transformBatch: remove one of them";
        if (rudderStack.Count > 0 && use == FunctionUse.Destination)
            return $"exports {rudderStack.First()}, which is a transformation: a destination function has onTrack, onIdentify … or onBatch";
        if (rudderStack.Count + segment.Count > 0) return null;
        return program.Body.SelectMany(Declared).FirstOrDefault(name => RudderStackHandlers.Contains(name)) is { } hidden
            ? $"does not export {hidden}: write \"export function {hidden}\""
            : "has no handler: write \"export function transformEvent(event, metadata)\", or \"function onTrack(event, settings)\" and the like";
    }

    private static IEnumerable<string> Exported(ExportNamedDeclaration export) =>
        (export.Declaration is null ? [] : Declared(export.Declaration)).Concat(export.Specifiers.Select(specifier => specifier.Exported).OfType<Identifier>()
            .Select(name => name.Name));

    private static IEnumerable<string> Declared(Node node) => node switch
    {
        FunctionDeclaration { Id: { } id } => [id.Name],
        VariableDeclaration variables => variables.Declarations.Select(variable => variable.Id).OfType<Identifier>().Select(name => name.Name),
        _ => [],
    };
}
