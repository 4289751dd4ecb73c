using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cdp.Architecture.Tests.Code;

/// <summary>The C# files of one project, compiled, so that each name can be resolved to the file that declares it. Generated files are excluded.</summary>
internal sealed class SourceProject
{
    // The usings that ImplicitUsings adds to a web project; a library gets some of them.
    private static readonly string[] ImplicitUsings =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Net.Http.Json",
        "System.Threading", "System.Threading.Tasks",
        "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Http", "Microsoft.AspNetCore.Routing",
        "Microsoft.Extensions.Configuration", "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging",
    ];

    private readonly CSharpCompilation _compilation;
    private readonly Dictionary<SyntaxTree, string> _files;

    /// <param name="folder">The project's folder, relative to the root of the repository.</param>
    public SourceProject(string folder)
    {
        Folder = folder;
        _files = Repository.Files(".cs").Where(file => file.StartsWith(folder + "/", StringComparison.Ordinal) && !IsGenerator(file))
            .ToDictionary(file => CSharpSyntaxTree.ParseText(Repository.Read(file), path: file), file => file[(folder.Length + 1)..]);
        var usings = CSharpSyntaxTree.ParseText(string.Concat(ImplicitUsings.Select(name => $"global using {name};\n")));
        var assemblies = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        _compilation = CSharpCompilation.Create(
            AssemblyName(folder),
            [.. _files.Keys, usings],
            assemblies.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.ConsoleApplication));
    }

    public string Folder { get; }

    /// <summary>Paths relative to the project.</summary>
    public IEnumerable<string> Files => _files.Values;

    /// <summary>Every project under libs and services.</summary>
    public static IEnumerable<string> Folders() =>
        Repository.Files(".csproj").Where(file => file.Split('/')[0] is "libs" or "services" && !IsGenerator(file))
            .Select(file => Path.GetDirectoryName(file)!);

    /// <summary>For each file, the other files of the project whose types or members its code refers to. Comments are ignored.</summary>
    public IEnumerable<(string User, string Used, string Type)> Uses()
    {
        foreach (var (tree, file) in _files)
        {
            var model = _compilation.GetSemanticModel(tree);
            var types = SimpleNames(tree).Select(name => DeclaringType(model, name)).OfType<INamedTypeSymbol>()
                .ToHashSet<INamedTypeSymbol>(SymbolEqualityComparer.Default);
            foreach (var type in types)
            {
                var declared = type.DeclaringSyntaxReferences.Select(reference => reference.SyntaxTree).Where(_files.ContainsKey).Select(used => _files[used]);
                foreach (var used in declared.Distinct().Where(used => used != file)) yield return (file, used, type.Name);
            }
        }
    }

    /// <summary>The namespaces that a file uses, and the simple names in the rest of its code.</summary>
    public (IReadOnlySet<string> Usings, IReadOnlySet<string> Names) Vocabulary(string file)
    {
        var tree = _files.Single(pair => pair.Value == file).Key;
        var usings = tree.GetCompilationUnitRoot().Usings.Select(directive => directive.NamespaceOrType.ToString());
        var names = SimpleNames(tree).Where(name => name.FirstAncestorOrSelf<UsingDirectiveSyntax>() is null).Select(name => name.Identifier.Text);
        return (usings.ToHashSet(), names.ToHashSet());
    }

    private static IEnumerable<SimpleNameSyntax> SimpleNames(SyntaxTree tree) => tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>();

    private static INamedTypeSymbol? DeclaringType(SemanticModel model, SimpleNameSyntax name)
    {
        var info = model.GetSymbolInfo(name);
        var symbol = info.Symbol ?? info.CandidateSymbols.FirstOrDefault();
        if (symbol is IMethodSymbol { ReducedFrom: { } extension }) symbol = extension;
        var type = symbol as INamedTypeSymbol ?? symbol?.ContainingType;
        while (type?.ContainingType is { } outer) type = outer;
        return type?.OriginalDefinition;
    }

    // The generator of the Avro records is a build tool with a separate project.
    private static bool IsGenerator(string file) => file.Contains("/Generator/", StringComparison.Ordinal);

    private static string AssemblyName(string folder)
    {
        var project = Directory.GetFiles(Repository.Absolute(folder), "*.csproj").Single();
        return XDocument.Load(project).Descendants("AssemblyName").FirstOrDefault()?.Value ?? Path.GetFileNameWithoutExtension(project);
    }
}
