// The words of a derivation: they come with the part that shows them, so the first picture
// of a lane does without.

import { fill, i18n, type Lang } from './i18n.svelte';
import type { Derivation, Explanation, Finding } from './types';

const en = {
  title: 'How it was judged',
  busy: 'deriving…',
  none: 'There is no derivation of this finding yet.',
  measured: 'Measured',
  by: 'by {device}',
  nothing: 'not measured',
  group: 'Axles',
  spacings: '{sum} between the axles',
  limit: 'Limit',
  row: 'row {row}',
  compared: 'Compared',
  excess: 'Excess',
  of_limit: '{percent} of the limit',
  band: 'Consequence',
  note: 'Note',
  verdict: 'Result',
  tables: 'Pack {pack}, tables {version}, law of {day}',
  shape: 'taken for {what}',
  differs: 'The derivation does not give the findings that the passage holds. Tell the supervisor.',
  'class.rigid': 'rigid vehicle',
  'class.articulated': 'articulated vehicle',
  'class.road_train': 'road train',
  'kind.single': 'single axle',
  'kind.tandem': 'tandem',
  'kind.tridem': 'tridem',
  'kind.multi': 'four or more axles',
  'note.tyres_assumed': 'The tyres are not known: the limit for twin tyres counts.',
  'note.spacing_ambiguous': 'The spacing touches two bands within its uncertainty: the kinder limit counts.',
  'note.lift_axle': 'An axle without load does not count.',
  'note.role_assumed': 'Whether the axle drives is not known: the kinder limit counts.',
  'note.suspension_assumed': 'The suspension is not known: air suspension is assumed.',
  'note.unit_assumed': 'Whether the axle is the trailer\'s is not known: the kinder limit counts.',
  'note.class_inferred': 'The class is told from the axle spacings.',
  'note.condition_assumed': 'The condition of the limit is not known: it is taken as met.',
  'note.spacing_u_assumed': 'The scale gives no uncertainty of the spacings: 30 mm.',
  'note.change_day_unknown': 'The law changed in that month on a day that is not known: the kinder limit counts.',
  'note.season_exempt': 'International carriage is exempt from the seasonal limit.',
  'note.season_exemption_assumed': 'The exemptions of the season were not read: international carriage is taken as exempt.',
  'note.season_exemptions_unchecked': 'Exemptions by goods are not checked: food, medicines, emergency.',
  'note.surface_assumed': 'The road surface is not known: the kinder limit counts.',
  'note.articulated_as_road_train': 'The act knows road trains only: an articulated vehicle counts as one.',
  'note.permit_applied': 'The limit is that of the special permit.',
  'note.deduction_not_verified': 'The deduction is not verified.',
  'note.permit_does_not_cover': 'The special permit does not cover this vehicle here today.',
  'note.permit_silent': 'The special permit says nothing of this quantity.',
};

type Words = Record<keyof typeof en, string>;

const ru: Words = {
  title: 'Как получен вывод',
  busy: 'вычисляется…',
  none: 'Для этого вывода расчёта ещё нет.',
  measured: 'Измерено',
  by: 'прибор {device}',
  nothing: 'не измерено',
  group: 'Оси',
  spacings: 'между осями {sum}',
  limit: 'Норма',
  row: 'строка {row}',
  compared: 'Сравнение',
  excess: 'Превышение',
  of_limit: '{percent} от нормы',
  band: 'Последствие',
  note: 'Примечание',
  verdict: 'Вывод',
  tables: 'Правила {pack}, таблицы {version}, закон на {day}',
  shape: 'принято как {what}',
  differs: 'Расчёт не совпадает с выводами, записанными в проезде. Сообщите старшему.',
  'class.rigid': 'одиночное ТС',
  'class.articulated': 'седельный автопоезд',
  'class.road_train': 'автопоезд',
  'kind.single': 'одиночная ось',
  'kind.tandem': 'сдвоенные оси',
  'kind.tridem': 'строенные оси',
  'kind.multi': 'четыре оси и более',
  'note.tyres_assumed': 'Шины неизвестны: берётся норма для двускатных колёс.',
  'note.spacing_ambiguous': 'Расстояние с учётом погрешности попадает в два диапазона: берётся более мягкая норма.',
  'note.lift_axle': 'Ось без нагрузки не считается.',
  'note.role_assumed': 'Неизвестно, ведущая ли ось: берётся более мягкая норма.',
  'note.suspension_assumed': 'Подвеска неизвестна: принята пневматическая.',
  'note.unit_assumed': 'Неизвестно, ось ли это прицепа: берётся более мягкая норма.',
  'note.class_inferred': 'Тип определён по расстояниям между осями.',
  'note.condition_assumed': 'Условие нормы неизвестно: считается выполненным.',
  'note.spacing_u_assumed': 'Весы не дают погрешность расстояний: 30 мм.',
  'note.change_day_unknown': 'В этом месяце закон изменился, день неизвестен: берётся более мягкая норма.',
  'note.season_exempt': 'Международная перевозка освобождена от сезонной нормы.',
  'note.season_exemption_assumed': 'Исключения сезона не прочитаны: международная перевозка считается освобождённой.',
  'note.season_exemptions_unchecked': 'Исключения по грузу не проверены: продукты, медикаменты, ЧС.',
  'note.surface_assumed': 'Покрытие дороги неизвестно: берётся более мягкая норма.',
  'note.articulated_as_road_train': 'Акт знает только автопоезда: седельный автопоезд считается так же.',
  'note.permit_applied': 'Норма взята из специального разрешения.',
  'note.deduction_not_verified': 'Вычет не проверен.',
  'note.permit_does_not_cover': 'Специальное разрешение не действует для этой машины здесь сегодня.',
  'note.permit_silent': 'В специальном разрешении об этой величине ничего нет.',
};

const kk: Words = {
  title: 'Қорытынды қалай шықты',
  busy: 'есептелуде…',
  none: 'Бұл қорытындының есебі әзірге жоқ.',
  measured: 'Өлшенді',
  by: 'құрал {device}',
  nothing: 'өлшенбеді',
  group: 'Осьтер',
  spacings: 'осьтер арасы {sum}',
  limit: 'Норма',
  row: '{row} жолы',
  compared: 'Салыстыру',
  excess: 'Асып кету',
  of_limit: 'норманың {percent}',
  band: 'Салдары',
  note: 'Ескерту',
  verdict: 'Қорытынды',
  tables: 'Ереже {pack}, кестелер {version}, {day} күнгі заң',
  shape: '{what} деп алынды',
  differs: 'Есеп өту жазбасындағы қорытындыларға сай емес. Аға инспекторға хабарлаңыз.',
  'class.rigid': 'жеке көлік',
  'class.articulated': 'ершікті автопоезд',
  'class.road_train': 'автопоезд',
  'kind.single': 'жеке ось',
  'kind.tandem': 'қосарланған осьтер',
  'kind.tridem': 'үш еселенген осьтер',
  'kind.multi': 'төрт және одан көп ось',
  'note.tyres_assumed': 'Шиналар белгісіз: қос дөңгелек нормасы алынады.',
  'note.spacing_ambiguous': 'Аралық қателігімен екі қатарға түседі: жұмсағырақ норма алынады.',
  'note.lift_axle': 'Жүктемесіз ось есепке алынбайды.',
  'note.role_assumed': 'Ось жетекші ме, белгісіз: жұмсағырақ норма алынады.',
  'note.suspension_assumed': 'Аспа белгісіз: пневматикалық деп алынды.',
  'note.unit_assumed': 'Ось тіркеменікі ме, белгісіз: жұмсағырақ норма алынады.',
  'note.class_inferred': 'Түрі осьтер арасы бойынша анықталды.',
  'note.condition_assumed': 'Норманың шарты белгісіз: орындалды деп алынады.',
  'note.spacing_u_assumed': 'Таразы аралық қателігін бермейді: 30 мм.',
  'note.change_day_unknown': 'Заң осы айда өзгерді, күні белгісіз: жұмсағырақ норма алынады.',
  'note.season_exempt': 'Халықаралық тасымал маусымдық нормадан босатылған.',
  'note.season_exemption_assumed': 'Маусым ерекшеліктері оқылмады: халықаралық тасымал босатылған деп алынады.',
  'note.season_exemptions_unchecked': 'Жүк бойынша ерекшеліктер тексерілмеді: азық-түлік, дәрі, төтенше жағдай.',
  'note.surface_assumed': 'Жол төсемі белгісіз: жұмсағырақ норма алынады.',
  'note.articulated_as_road_train': 'Акт тек автопоездарды біледі: ершікті автопоезд солай есептеледі.',
  'note.permit_applied': 'Норма арнайы рұқсаттан алынды.',
  'note.deduction_not_verified': 'Шегерім тексерілмеді.',
  'note.permit_does_not_cover': 'Арнайы рұқсат бұл көлікке бүгін осы жерде жүрмейді.',
  'note.permit_silent': 'Арнайы рұқсатта бұл шама жоқ.',
};

const words: Record<Lang, Words> = { kk, ru, en };

export function word(key: keyof Words, args?: Record<string, string | number>): string {
  return fill(words[i18n.lang][key], args);
}

/** The word of a code of the server; undefined where there is none. */
export function coded(group: 'class' | 'kind' | 'note', code: string | undefined): string | undefined {
  const key = `${group}.${code ?? ''}`;
  return key in en ? word(key as keyof Words) : undefined;
}

/** The derivation that a finding belongs to, and its own steps. */
export function stepsOf(e: Explanation, f: Finding): { of: Derivation; at: Derivation['findings'][number] } | undefined {
  for (const of of [e.judging, ...(e.advice ?? [])]) {
    if (of.pack !== f.pack) continue;
    const at = of.findings.find((s) => s.finding.quantity === f.quantity && String(s.finding.axles ?? '') === String(f.axles ?? ''));
    if (at) return { of, at };
  }
  return undefined;
}
