"""Countries as people write them, in eight languages, and their ISO 3166-1 codes. Not all of the world: where B2B teams of
these languages sell; a name that is not here is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connector.rulebook.folding import fold

#: code: names; English comes first.
_NAMES = """
AD: Andorra, Andorre
AE: United Arab Emirates, UAE, Emiratos Árabes Unidos, Émirats arabes unis
AR: Argentina, Argentine, Argentinien
AT: Austria, Österreich, Àustria, Autriche
AU: Australia, Austràlia, Australie, Australien
BE: Belgium, Bélgica, Bèlgica, Belgique, Belgien, België, Belgio
BR: Brazil, Brasil, Brésil, Brasilien, Brasile
CA: Canada, Canadá, Canadà, Kanada
CH: Switzerland, Suiza, Suïssa, Suisse, Schweiz, Svizzera, Suíça, Zwitserland
CL: Chile, Xile, Chili, Cile
CN: China, Xina, Chine, Cina
CO: Colombia, Colòmbia, Colombie, Kolumbien, Colômbia
CR: Costa Rica
CZ: Czechia, Czech Republic, Chequia, República Checa, Txèquia, Tchéquie, Tschechien, Repubblica Ceca
DE: Germany, Alemania, Alemanya, Allemagne, Deutschland, Germania, Alemanha, Duitsland
DK: Denmark, Dinamarca, Danemark, Dänemark, Danimarca, Danmark
DO: Dominican Republic, República Dominicana
EC: Ecuador, Equador
ES: Spain, España, Espanya, Espagne, Spanien, Spagna, Espanha, Spanje
FI: Finland, Finlandia, Finlàndia, Finlande, Finnland, Suomi
FR: France, Francia, França, Frankreich, Frankrijk
GB: United Kingdom, UK, Great Britain, England, Scotland, Wales, Reino Unido, Regne Unit
GB: Royaume-Uni, Vereinigtes Königreich, Großbritannien, Regno Unito, Inglaterra
GR: Greece, Grecia, Grècia, Grèce, Griechenland, Grécia
GT: Guatemala
HU: Hungary, Hungría, Hongria, Hongrie, Ungarn, Ungheria, Hungria
IE: Ireland, Irlanda, Irlande, Irland
IL: Israel, Israël, Israele
IN: India, Índia, Inde, Indien
IT: Italy, Italia, Itàlia, Italie, Italien, Itália
JP: Japan, Japón, Japó, Japon, Giappone, Japão
LU: Luxembourg, Luxemburgo, Luxemburg, Lussemburgo
MA: Morocco, Marruecos, Marroc, Maroc, Marokko, Marocco, Marrocos
MX: Mexico, México, Mèxic, Mexique, Mexiko, Messico
NL: Netherlands, The Netherlands, Holland, Países Bajos, Holanda, Països Baixos
NL: Pays-Bas, Niederlande, Paesi Bassi, Países Baixos, Nederland
NO: Norway, Noruega, Norvège, Norwegen, Norvegia, Norge
NZ: New Zealand, Nueva Zelanda
PA: Panama, Panamá
PE: Peru, Perú, Pérou
PL: Poland, Polonia, Polònia, Pologne, Polen, Polónia, Polska
PT: Portugal, Portogallo
PY: Paraguay
RO: Romania, Rumanía, Rumania, Romania, Roumanie, Rumänien, Roménia
SE: Sweden, Suecia, Suècia, Suède, Schweden, Svezia, Suécia, Sverige
TR: Turkey, Türkiye, Turquía, Turquia, Turquie, Türkei
UA: Ukraine, Ucrania, Ucraïna, Ucraina
US: United States, United States of America, USA, Estados Unidos, EE. UU.
US: Estats Units, États-Unis, Vereinigte Staaten, Stati Uniti
UY: Uruguay
VE: Venezuela
ZA: South Africa, Sudáfrica, Sud-àfrica, Afrique du Sud, Südafrika
"""

_SPELLED = tuple((line[:2], name.strip()) for line in _NAMES.strip().splitlines() for name in line[4:].split(","))
_CODES: Mapping[str, str] = {
    **{fold(code): code for code, _ in _SPELLED},
    **{fold(name): code for code, name in _SPELLED},
}


def country_code(text: str) -> str | None:
    """`"España"` → `ES`, also `"es"` and `"ES"`; None for what is no country that is known here."""
    return _CODES.get(fold(text))


def names_of(code: str) -> tuple[str, ...]:
    """How a country is written, in all languages."""
    return tuple(name for one, name in _SPELLED if one == code)


def translations(values: Iterable[str]) -> Mapping[str, str]:
    """What `values:` of fields.yaml needs for these values: each name with its code, once, in the order given."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for value in values:
        code, folded = country_code(value), fold(value)
        if code is not None and folded not in seen and value != code:
            seen.add(folded)
            found[value] = code
    return found
